-- A person's keys are worth no more than the person. Whose key it is stays known by the name when the person is forgotten: a
-- key with a name and without an id works no more (domain/api_key.rs).
set local role gateway_work;
update api_keys k set owner_id = null
where owner_id is not null and not exists (select from users u where u.id = k.owner_id);
reset role;

alter table api_keys add constraint api_keys_owner foreign key (owner_id) references users (id) on delete set null;
create index api_keys_by_owner on api_keys (owner_id) where owner_id is not null;

-- Every replica hears of what becomes of an owner as it hears of a key.
drop trigger catalogue_changed on api_keys;
create trigger catalogue_changed after insert or delete or update of name, role, owner_id, owner_name, models, agents, providers,
    expires_at, revoked_at on api_keys for each statement execute function notify_catalogue();
create trigger catalogue_changed after insert or delete or update of role, disabled_at on memberships
    for each statement execute function notify_catalogue();
create trigger catalogue_changed after delete or update of is_owner on users
    for each statement execute function notify_catalogue();
