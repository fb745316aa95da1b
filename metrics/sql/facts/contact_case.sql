-- One row per contact that opened a case. How long until the case was closed, from when the customer began.
with begun as (
    select
        contact_id, case_id, hour,
        ended_at - coalesce(handling_s, 0) - coalesce(wait_s, 0) as began_at
    from contact_now
    where case_id <> ''
),

ranked as (
    select
        begun.*,
        row_number() over (partition by case_id order by began_at, contact_id) as place
    from begun
),

timed as (
    select
        ranked.contact_id,
        case_now.closed_at is null as case_open,
        -- Where the source has only a date, nobody knows when it began; before it began no case was closed.
        case
            when ranked.hour is not null and case_now.closed_at >= ranked.began_at
                then case_now.closed_at - ranked.began_at
        end as resolution_s
    from ranked
    inner join case_now on ranked.case_id = case_now.case_id
    where ranked.place = 1
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
