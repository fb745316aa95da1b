-- One row per cell. Contacts that tried self-service first, among those whose route is known.
select cell, self_service_first + direct as n, self_service_first as hits from cells
