-- Where a ChatGPT account's workspace wants its calls to go, as the backend's `GET /wham/accounts/check` last told it.

create table account_checks (
    provider_id uuid primary key references grants (provider_id) on delete cascade,
    -- whose answer it is: another account may have taken the provider's place since
    account_id text not null,
    -- of the grant when it was asked: after a refresh it is asked anew
    grant_version bigint not null,
    -- null: no constraint
    backend_origin text,
    routing_override text check (routing_override in ('us', 'us_cr')),
    checked_at timestamptz not null
);
create trigger catalogue_changed after insert or update or delete on account_checks
    for each statement execute function notify_catalogue();
