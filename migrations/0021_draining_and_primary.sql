-- An account that is drained takes nothing new and goes on with the conversations that live on it.
alter table providers add column draining boolean not null default false;

-- Which account of a pool is asked first where there is an order; null: the owner. Who is not in the pool is none, whatever
-- stands here (store/pools.rs).
alter table pools add column primary_id uuid;

-- Which requests are one conversation: the hash that conversation_homes has for a key. Null where it had none, or where no
-- other account was in play.
alter table requests add column conversation uuid;
