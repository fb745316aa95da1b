-- One row: how many agents the draft has, how many of them the log does not, and some of those.
with here as (select distinct agent from draft where record_id is not null and agent <> ''),
before as (select distinct agent from known_agent where agent <> ''),
strangers as (select agent from here anti join before on before.agent = here.agent)
select
    (select count(*) from here) as agents,
    (select count(*) from before) as known,
    (select count(*) from strangers) as strangers,
    (select list(agent order by agent)[:3] from strangers) as examples
