-- Requests are looked for by model, as the client named it or as the upstream did.

create index requests_by_model on requests (tenant_id, model, started_at desc, id desc);
-- Who asks for a model by its own name is in the first one already: agents and names that stand for others are left.
create index requests_by_served_model on requests (tenant_id, served_model, started_at desc, id desc)
    where served_model <> model;
