-- One row per run of days with sessions. From its first session to its last one, sessions were tracked.
with marked as (
    select
        day, first_at, last_at,
        case when lag(day) over (order by day) + 1 = day then 0 else 1 end as opens
    from tracked_day
),

numbered as (
    select
        first_at, last_at,
        sum(opens) over (order by day rows between unbounded preceding and current row) as run
    from marked
),

final as (
    select min(first_at) as from_at, max(last_at) as to_at from numbered group by run
)

select * from final
