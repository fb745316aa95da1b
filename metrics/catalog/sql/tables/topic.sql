-- One row per topic. What customers need when they ask about it, as stated last.
with ranked as (
    select
        topic_event.*,
        row_number() over (partition by topic order by version desc, accepted_us desc, seq desc) as place
    from topic_event
),

final as (
    select topic, need from ranked where place = 1
)

select * from final
