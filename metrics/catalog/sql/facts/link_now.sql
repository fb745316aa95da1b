-- One row per phone number's pseudonym. The customer it belongs to, as learnt last.
with ranked as (
    select
        link_event.*,
        row_number() over (partition by phone_key order by version desc, accepted_us desc, seq desc) as place
    from link_event
),

final as (
    select phone_key, customer_key from ranked where place = 1
)

select * from final
