-- One row per month and partner ("": all). Customers who were active, as stated last.
with ranked as (
    select
        active_customers_event.*,
        row_number() over (partition by active_id order by version desc, accepted_us desc, seq desc) as place
    from active_customers_event
),

final as (
    select month, partner, customers from ranked where place = 1
)

select * from final
