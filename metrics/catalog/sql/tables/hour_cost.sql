-- One row per partner ("": all) and day from which it holds. What an hour of handling costs, in øre.
with ranked as (
    select
        hour_cost_event.*,
        row_number() over (partition by cost_id order by version desc, accepted_us desc, seq desc) as place
    from hour_cost_event
),

final as (
    select
        partner,
        valid_from,
        lead(valid_from) over (partition by partner order by valid_from) as valid_until,
        cost_minor
    from ranked
    where place = 1
)

select * from final
