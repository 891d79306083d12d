-- Plugins may bring sources of names: which kinds there are is no longer the schema's to say. SQLite cannot
-- take a check away, so the table is made anew, and with it the view that reads it.
DROP VIEW v1_regions;
-- what speaks for where a region was placed, in a few words
ALTER TABLE region ADD COLUMN evidence TEXT;
CREATE TABLE any_source (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind != ''),
    file_id      INTEGER UNIQUE REFERENCES file (id) ON DELETE CASCADE,
    path         TEXT UNIQUE,
    content_hash BLOB,
    contacts     TEXT NOT NULL CHECK (json_valid(contacts)),
    problems     TEXT NOT NULL CHECK (json_valid(problems)),
    details      TEXT NOT NULL CHECK (json_valid(details)),
    CHECK ((file_id IS NULL) != (path IS NULL))
) STRICT;
INSERT INTO any_source SELECT * FROM source;
DROP TABLE source;
ALTER TABLE any_source RENAME TO source;
CREATE VIEW v1_regions AS
SELECT g.id AS region_id,
       s.kind AS source,
       coalesce(s.path, rtrim(r.path_text, '/') || '/' || f.relpath_text) AS source_path,
       g.photo_name AS photo_name,
       g.photo_id AS photo_id,
       g.face_id AS face_id,
       g.person_id AS person_id,
       coalesce(p.name, nullif(g.name, '')) AS person_name,
       nullif(g.contact_id, '') AS contact_id,
       g.rect AS rect,
       g.frame AS frame,
       g.status AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', g.tagged_us / 1e6, 'unixepoch') AS tagged_at,
       g.evidence AS evidence
  FROM region g
  JOIN source s ON s.id = g.source_id
  LEFT JOIN file f ON f.id = s.file_id
  LEFT JOIN root r ON r.id = f.root_id
  LEFT JOIN person p ON p.id = g.person_id
 WHERE g.status != 'withdrawn';
