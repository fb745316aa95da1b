-- One row per contact that opened a case. How long until the case was closed, from when the customer began.
with ranked as (
    select
        contact_key.contact_id,
        contact_key.hour,
        contact_key.began_at,
        case_now.closed_at,
        row_number() over (
            partition by contact_key.case_id order by contact_key.began_at, contact_key.contact_id
        ) as place
    from contact_key
    inner join case_now on contact_key.case_id = case_now.case_id
    where
        contact_key.case_id <> ''
        -- The first contact of a case is one of the days around its registration. Where none is known of
        -- these, the case began before the data did, and a later contact would make it too short.
        and contact_key.ended_at between case_now.opened_at - 259200 and case_now.opened_at + 259200
),

timed as (
    select
        contact_id,
        closed_at is null as case_open,
        -- Where the source has only a date, nobody knows when it began; before it began no case was closed.
        case when hour is not null and closed_at >= began_at then closed_at - began_at end as resolution_s
    from ranked
    where place = 1
),

keyed as (
    select
        timed.*,
        -- Beyond three days the bins are wider than an hour; beyond ten years nobody asks.
        case
            when resolution_s > 315360000 then 315360000
            when resolution_s > 259200 then resolution_s - resolution_s % 3600
            else resolution_s
        end as bin_s
    from timed
),

final as (
    select keyed.contact_id, keyed.case_open, keyed.resolution_s, time_bin.bin as resolution_bin
    from keyed
    left join time_bin on keyed.bin_s = time_bin.seconds
)

select * from final
