-- What judging a PIN says: a refusal code or NULL, and for a wrong one the tries that are left.
CREATE TYPE pin_verdict AS (code text, tries_left smallint);
