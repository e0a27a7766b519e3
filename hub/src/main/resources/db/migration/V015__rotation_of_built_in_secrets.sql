-- A built-in source's secret comes from the environment, and can be rotated without a restart.

ALTER TABLE source ADD COLUMN sealed_environment bytea;
COMMENT ON COLUMN source.sealed_environment IS
  'Of a built-in source: what its variable said when its secret was rotated. When it says something else, it has the last word.';
