-- When the API last refused a token of this sign-in right after its renewal, without saying why. Where many accounts meet
-- that within a minute it is the upstream's trouble, and the sign-ins that were given up for it are taken back.
alter table grants add column refused_at timestamptz;
