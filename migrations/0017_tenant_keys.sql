-- What belongs to a tenant is sealed with the tenant's own key, wrapped by the main one: who deletes the row has destroyed
-- the secrets. Rows without a key get theirs at the next start; older secrets move to it when the main key is rotated.
-- Sealed by app::vault, associated data "tenant:<id>:sealing_key".
alter table tenants add column sealing_key text;
create trigger catalogue_changed after insert or update or delete on tenants
    for each statement execute function notify_catalogue();
