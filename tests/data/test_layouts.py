"""Layouts of public data sets, as they are: the proposal imports them with the right totals, or says why not.

Each is a few invented rows under the published columns.
"""

# ruff: noqa: E501 published headers are as long as they are
from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.files.mapping import BadUse
from data.guess.propose import propose
from settings import Settings
from tests.data.files import counts, load, log_rows, write

CALLS = """Call Id,Agent,Date,Time,Topic,Answered (Y/N),Resolved,Speed of answer in seconds,AvgTalkDuration,Satisfaction rating
ID0001,Diane,2021-01-13,9:12:58,Contract related,Y,Y,109,0:02:23,3
ID0002,Becky,2021-01-01,9:12:58,Technical Support,Y,N,70,0:04:02,3
ID0003,Diane,2021-01-01,9:47:31,Contract related,N,N,,,
"""
CALLS_AS_A_SPREADSHEET_SHOWS_THEM = """Call Id;Agent;Date;Time;Topic;Answered (Y/N);Resolved;Speed of answer in seconds;AvgTalkDuration;Satisfaction rating
ID0001;Diane;1/13/2021;9:12:58 AM;Contract related;Y;Y;109;12:02:23 AM;3
ID0002;Becky;1/1/2021;9:12:58 AM;Technical Support;Y;N;70;12:04:02 AM;3
ID0003;Diane;1/1/2021;1:47:31 PM;Contract related;N;N;;;
"""
BANK = """vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver
AA0101\t44749\t27644400\t2\tPS\t990113\t11:45:33\t11:45:39\t6\t11:45:39\t11:46:58\t79\tAGENT\t11:46:57\t11:51:00\t243\tDORIT
AA0101\t44750\t0\t0\tNW\t990113\t14:49:00\t14:49:06\t6\t14:49:06\t14:53:00\t234\tHANG\t00:00:00\t00:00:00\t0\tNO_SERVER
AA0103\t44749\t0\t2\tPS\t990131\t15:29:17\t15:29:23\t6\t15:29:23\t15:29:23\t0\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER
"""
CITY = """Unique Key,Created Date,Closed Date,Agency,Agency Name,Complaint Type,Descriptor,Status,Due Date,Resolution Description,Open Data Channel Type
32310363,01/31/2016 11:59:45 PM,02/01/2016 12:55:15 AM,NYPD,New York City Police Department,Noise - Street/Sidewalk,Loud Music/Party,Closed,02/01/2016 07:59:45 AM,"The Police responded,
and left.",PHONE
32309934,01/31/2016 11:59:44 PM,,NYPD,New York City Police Department,Blocked Driveway,No Access,Open,02/01/2016 07:59:44 AM,"Nothing, ""yet"" done",ONLINE
32309159,01/30/2016 01:02:35 PM,02/29/2016 04:51:03 AM,HPD,Housing,Blocked Driveway,No Access,Closed,02/01/2016 07:59:29 AM,,PHONE
"""
TICKETS = """Ticket ID,Customer Name,Customer Email,Date of Purchase,Ticket Type,Ticket Description,Ticket Status,Ticket Channel,First Response Time,Time to Resolution,Customer Satisfaction Rating
1,Marisa Obrien,m@example.com,2021-03-22,Technical issue,"I'm having an issue.

Please, help.",Pending Customer Response,Social media,2023-06-01 12:15:36,,
2,Jessica Rios,j@example.com,2021-05-22,Technical issue,"A, b",Open,Chat,,,
3,Christopher Robbins,c@example.com,2020-07-14,Refund request,"{product}",Closed,Email,2023-06-01 11:14:38,2023-06-01 18:05:38,3.0
4,Christina Dillon,d@example.com,2020-11-13,Refund request,x,Closed,Email,2023-06-01 07:29:40,2023-06-01 01:57:40,5.0
"""
SHOP = """Unique id,channel_name,category,Sub-category,Customer Remarks,Order_id,order_date_time,Issue_reported at,issue_responded,Survey_response_Date,Item_price,connected_handling_time,Agent_name,Supervisor,Manager,CSAT Score
7e9ae164,Outcall,Product Queries,Life Insurance,,c27c9bb4,,01/08/2023 11:13,01/08/2023 11:47,01-Aug-23,,,Richard Buchanan,Mason Gupta,Jennifer Nguyen,5
b07ec1b0,Inbound,Returns,Reverse Pickup Enquiry,"Very, very good",,28/07/2023 03:46,13/08/2023 12:52,13/08/2023 10:54,13-Aug-23,979.0,,Vicki Collins,Dylan Kim,Michael Lee,4
"""
INCIDENTS = """number,incident_state,sys_mod_count,caller_id,opened_at,sys_updated_at,contact_type,category,assigned_to,resolved_at,closed_at
INC0000045,New,0,Caller 2403,29/2/2016 01:16,29/2/2016 01:23,Phone,Category 55,?,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Resolved,2,Caller 2403,29/2/2016 01:16,29/2/2016 08:53,Phone,Category 55,Resolver 89,29/2/2016 11:29,5/3/2016 12:00
INC0000047,New,0,Caller 2403,29/2/2016 04:40,29/2/2016 04:57,Phone,Category 40,Resolver 89,1/3/2016 09:52,6/3/2016 10:00
"""
INQUIRIES = """UNIQUE_ID,DATE,TIME,DATE_TIME,AGENCY,INQUIRY_NAME,CALL_RESOLUTION
1,12/31/2016,11:58:01 PM,12/31/2016 11:58:01 PM,DOF,Parking Ticket,Information Provided
2,12/31/2016,12:00:35 AM,12/31/2016 12:00:35 AM,DOF,Parking Ticket,Transferred
"""
HELPDESK = """ticket,requestor,ITOwner,FiledAgainst,Priority,daysOpen,Satisfaction,Opened
1,1929,50,Systems,0 - Unassigned,3,1 - Unsatisfied,2016-01-02
2,1587,15,Software,1 - Low,5,0 - Unknown,2016-01-02
3,925,15,Access/Login,0 - Unassigned,0,3 - Highly satisfied,2016-01-03
"""
NORWEGIAN = """Dato;Klokkeslett;Saksbehandler;Årsak;Varighet (min);Besvart;Tilfredshet;Kanal
13.03.2026;08.05;Kåre;Faktura;1,5;Ja;Fornøyd;Telefon
13.03.2026;08.06;Kåre;Faktura;0,5;Nei;;Telefon
01.03.2026;09.00;Åse;Flytting;2;Ja;Misfornøyd;E-post
02.03.2026;09.00;Åse;Flytting;2;Ja;Nøytral;E-post
"""

SPANISH = """,Agente,Fecha,Hora,Tema,Respondido (S/N),Resuelto,Velocidad de respuesta en segundos,Duración promedio de la llamada,Calificación de satisfacción,Duración de la llamada,Duración de la llamada en minutos
0,Diane,2021-01-01,9,Contrato,S,S,109.0,00:02:23,3.0,143,2.38
1,Becky,2021-01-02,17,Pagos,S,N,70.0,00:04:02,5.0,242,4.03
2,Becky,2021-01-02,17,Pagos,N,N,,,,,
"""
RUSSIAN = """Call Id;Agent;Date;Time;Topic;Answered (Y/N);Resolved;Speed of answer in seconds;AvgTalkDuration;Satisfaction rating;Calls Answered (Y);Total Calls Resolved
ID0001;Diane;13.01.2021;0.38400462962963;Contract related;Y;Y;109;12:02:23 AM;3;Y;4054
ID0002;Becky;01.01.2021;0.70799768518519;Technical Support;N;N;;;;N;
"""
TWEETS = """,tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id
0,1,shop,False,Tue Oct 31 22:10:47 +0000 2017,"@1 I understand, yes",2,3.0
1,2,115712,True,Tue Oct 31 23:11:45 +0000 2017,@shop and how,,1.0
"""
DIALER = """call_id,call_datetime,agent_id,country,campaign_id,lead_id,attempt_number,dialer_status,talk_seconds,wrap_seconds,disposition,recording_flag
C1,2025-05-15T17:10:18,A1,KE,P1,L1,1,CONNECTED,85,5,WRONG_NUMBER,N
C2,2025-05-15T17:49:51,A2,ZM,P1,L2,1,NO_ANSWER,0,0,,Y
C3,2025-05-15T19:34:02,A2,ZM,P1,L2,2,RING,0,0,,Y
C4,2025-05-15T20:34:02,A2,ZM,P1,L2,3,BUSY,0,0,,Y
"""
REACHED = """April Calls List Account ID,April Calls List Date Called Date,April Calls List Reachability
AC2,4/15/19,Not Reached
AC1,4/25/19,Reached
AC2,4/27/19,Reached
"""
LEADS = """agent_id,call_length,datestamp,lead_id,status
5,5,2023-03-28 23:14:36,AA_1,VM
5,1477,2023-03-29 00:14:36,AA_1,S
2,19,2023-03-28 22:14:36,AA_2,CB
"""
NO_HEADER = """40.088,-75.382,EMS: FALL VICTIM,2016-01-15 12:01,NORRISTOWN
40.122,-75.338,Fire: FIRE ALARM,2016-01-15 13:06,POTTSTOWN
"""
IN_UTC = """unique_key,created_date,source,complaint_description
a,2021-01-13 22:12:58 UTC,Phone,Loose Dog
b,2021-06-13 23:12:58 UTC,Web,Loose Dog
"""

LAYOUTS: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("spanish", SPANISH, [
        {"agent": "Diane", "topic": "Contrato", "hour": 9, "wait_s": 109, "handling_s": 143, "score_given": 3,
         "answered": True},
        {"agent": "Becky", "hour": 17, "wait_s": 70, "handling_s": 242, "score_scale": "1-5"},
        {"answered": False, "wait_s": None, "handling_s": None, "score_given": None},
    ]),
    ("russian", RUSSIAN, [
        {"contact_id": "ID0001", "hour": 9, "wait_s": 109, "talk_s": 143, "score_given": 3, "answered": True},
        {"contact_id": "ID0002", "hour": 16, "answered": False, "talk_s": None},
    ]),
    ("tweets", TWEETS, [{"contact_id": "1", "hour": 23}, {"contact_id": "2", "hour": 0}]),
    ("dialer", DIALER, [
        {"contact_id": "C1", "agent": "A1", "answered": True, "talk_s": 85, "wrap_s": 5},
        {"contact_id": "C2", "answered": False}, {"contact_id": "C3", "answered": False},
        {"contact_id": "C4", "answered": False},
    ]),
    ("reached", REACHED, [{"answered": False}, {"answered": True}, {"answered": True}]),
    ("leads", LEADS, [{"handling_s": 5, "agent": "5"}, {"handling_s": 1477}, {"handling_s": 19}]),
    ("no header", NO_HEADER, [{"hour": 12}, {"hour": 13}]),
    ("in UTC", IN_UTC, [
        {"contact_id": "a", "hour": 23, "channel": "phone"}, {"contact_id": "b", "hour": 1, "channel": "web"},
    ]),
    ("calls", CALLS, [
        {"contact_id": "ID0001", "agent": "Diane", "hour": 9, "wait_s": 109, "talk_s": 143, "answered": True,
         "score": None, "score_given": 3, "score_scale": "1-5", "topic": "Contract related"},
        {"contact_id": "ID0002", "wait_s": 70, "talk_s": 242},
        {"contact_id": "ID0003", "wait_s": None, "talk_s": None, "answered": False, "score_given": None},
    ]),
    ("calls again", CALLS_AS_A_SPREADSHEET_SHOWS_THEM, [
        {"contact_id": "ID0001", "hour": 9, "wait_s": 109, "talk_s": 143, "answered": True, "score_given": 3},
        {"contact_id": "ID0002", "wait_s": 70, "talk_s": 242},
        {"contact_id": "ID0003", "hour": 13, "wait_s": None, "talk_s": None, "answered": False},
    ]),
    ("bank", BANK, [
        {"contact_id": "file-1999-01-13-1", "hour": 11, "answered": True, "wait_s": 79, "handling_s": 243, "identified": True},
        {"contact_id": "file-1999-01-13-2", "hour": 14, "answered": False, "wait_s": None, "identified": False},
        {"contact_id": "file-1999-01-13-3", "answered": False, "customer_key": ""},
    ]),
    ("city", CITY, [
        {"contact_id": "32309159", "partner": "HPD", "topic": "Blocked Driveway", "channel": "phone", "hour": 13},
        {"contact_id": "32309934", "partner": "NYPD", "channel": "web", "hour": 23},
        {"contact_id": "32310363", "topic": "Noise - Street/Sidewalk"},
    ]),
    ("tickets", TICKETS, [
        {"contact_id": "1", "hour": 12, "channel": "social media", "score_given": None},
        {"contact_id": "2", "hour": None, "channel": "chat"},
        {"contact_id": "3", "hour": 18, "score_given": 3, "score_scale": "1-5"},
        {"contact_id": "4", "hour": 1, "score_given": 5},
    ]),
    ("shop", SHOP, [
        {"contact_id": "7e9ae164", "agent": "Richard Buchanan", "channel": "phone", "team": "Mason Gupta", "score_given": 5, "hour": 11},
        {"contact_id": "b07ec1b0", "topic": "Returns", "score_given": 4, "hour": 12},
    ]),
    ("incidents", INCIDENTS, [
        {"contact_id": "INC0000045", "agent": "Resolver 89", "channel": "phone", "topic": "Category 55"},
        {"contact_id": "INC0000047", "agent": "Resolver 89"},
    ]),
    ("inquiries", INQUIRIES, [
        {"contact_id": "1", "hour": 23, "topic": "Parking Ticket", "partner": "DOF"},
        {"contact_id": "2", "hour": 0},
    ]),
    ("helpdesk", HELPDESK, [
        {"contact_id": "1", "score_given": 1, "score_scale": "1-3", "agent": "50", "topic": "Systems"},
        {"contact_id": "2", "score_given": None, "score_scale": "", "asked": True},
        {"contact_id": "3", "score_given": 3, "score": None},
    ]),
    ("norwegian", NORWEGIAN, [
        {"contact_id": "file-2026-03-01-1", "hour": 8, "handling_s": 90, "agent": "Kåre", "channel": "phone", "score_given": 3},
        {"contact_id": "file-2026-03-01-2", "answered": False, "handling_s": 30},
        {"contact_id": "file-2026-03-01-3", "score_given": 1, "score_scale": "1-3", "channel": "email", "topic": "Flytting"},
        {"contact_id": "file-2026-03-01-4", "score_given": 2},
    ]),
]  # fmt: skip


ENCODED = [(*each, "utf-8") for each in LAYOUTS] + [(*LAYOUTS[-1], each) for each in ("utf-8-sig", "cp1252")]


@pytest.mark.parametrize(
    ("text", "expected", "encoding"),
    [each[1:] for each in ENCODED],
    ids=[f"{each[0]}-{each[3]}" for each in ENCODED],
)
def test_the_proposal_for_a_public_layout_imports_it_as_it_is_meant(
    tmp_path: Path, settings: Settings, text: str, expected: list[dict[str, Any]], encoding: str
) -> None:
    path = write(tmp_path, text.encode(encoding))
    summary = load(settings, path, propose(path, "Europe/Oslo").toml)
    assert (summary.accepted, summary.rejected) == (len(expected), 0)
    for row, told in zip(log_rows(settings), expected, strict=True):
        assert {name: row[name] for name in told} == told


def test_a_workbook_with_typed_cells_is_read_like_its_text(tmp_path: Path, settings: Settings) -> None:
    header, first, *_ = (line.split(",") for line in CALLS.splitlines())
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(header)
    day, talk = datetime(2021, 1, 13), time(0, 2, 23)  # noqa: DTZ001 workbooks have no time zones
    sheet.append([*first[:2], day, time(9, 12, 58), *first[4:7], 109, talk, 3])
    sheet["C2"].number_format = "yyyy-mm-dd"
    book.save(tmp_path / "calls.xlsx")
    proposal = propose(tmp_path / "calls.xlsx", "Europe/Oslo")
    assert counts(load(settings, tmp_path / "calls.xlsx", proposal.toml)) == (1, 1, 0, 0, 0)
    (row,) = log_rows(settings)
    assert (row["day"].day, row["hour"], row["wait_s"], row["talk_s"]) == (13, 9, 109, 143)


@pytest.mark.parametrize(
    "text",
    [
        "Index,Incoming Calls,Answered Calls,Answer Rate,Service Level\n1,217,204,94.01%,76.28%\n2,200,182,91%,72%\n",
        'Date;Agent;Answer rate\n2026-03-02;Kari;"94,0 %"\n2026-03-03;Kari;"91,5 %"\n',
        "Dato,Antall samtaler,Svarprosent\n2026-03-02,400,91%\n2026-03-03,380,93%\n",
        "DATA,AVAYALOGIN,ATENDIDAS,TMA,TALKTIME,ACW\n2024-03-21,5510001,46,207,153,54\n2024-01-02,5510001,34,1,1,1\n",
        "Fecha,Agente,Llamadas atendidas\n2026-03-02,Ana,40\n2026-03-03,Ana,38\n",
        "Datum,Anzahl Anrufe\n2026-03-02,40\n2026-03-03,38\n",
    ],
)
def test_a_file_of_totals_gets_no_proposal_but_an_explanation(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadUse, match="export the single contacts"):
        propose(write(tmp_path, text), "Europe/Oslo")
