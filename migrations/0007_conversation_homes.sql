-- On which account a conversation lives, so that it stays there over a restart and on any replica. The key is a hash:
-- nothing tells what the conversation is called. Rows of conversations that rest are removed.
create table conversation_homes (
    key bytea primary key check (length(key) = 16),
    home uuid not null references providers (id) on delete cascade,
    -- who served it last: the home, or the account that it is on loan to
    last uuid not null references providers (id) on delete cascade,
    at timestamptz not null
);
create index conversation_homes_by_age on conversation_homes (at);
