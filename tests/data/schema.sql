CREATE INDEX assignment_by_person ON assignment (person_id, state);

CREATE INDEX assignment_rejected ON assignment (face_id, person_id) WHERE state = 'rejected';

CREATE UNIQUE INDEX assignment_settled ON assignment (face_id)
    WHERE state IN ('confirmed', 'ignored');

CREATE INDEX cluster_by_person ON cluster (person_id);

CREATE INDEX companion_by_lead ON companion (lead_id);

CREATE INDEX contact_by_person ON contact (person_id);

CREATE INDEX face_by_cluster ON face (cluster_id);

CREATE INDEX face_by_photo ON face (photo_id);

CREATE INDEX file_by_content ON file (content_hash);

CREATE INDEX file_by_photo ON file (photo_id);

CREATE INDEX file_pending ON file (id) WHERE state = 'pending';

CREATE INDEX file_there ON file (photo_id) WHERE state != 'missing';

CREATE INDEX former_by_photo ON former (photo_id);

CREATE INDEX note_by_photo ON note (photo_id);

CREATE INDEX person_by_name ON person (name);

CREATE INDEX region_by_face ON region (face_id);

CREATE INDEX region_by_file ON region (file_id);

CREATE INDEX region_by_name ON region (contact_id, name);

CREATE INDEX region_by_photo ON region (photo_id);

CREATE INDEX region_pending ON region (photo_id) WHERE status = 'pending';

CREATE INDEX rejected_pair_by_face_a ON rejected_pair (face_a);

CREATE INDEX rejected_pair_by_face_b ON rejected_pair (face_b);

CREATE INDEX rejected_pair_by_person_a ON rejected_pair (person_a);

CREATE INDEX rejected_pair_by_person_b ON rejected_pair (person_b);

CREATE UNIQUE INDEX rejected_pair_of_faces
    ON rejected_pair (min(face_a, face_b), max(face_a, face_b));

CREATE UNIQUE INDEX rejected_pair_of_people
    ON rejected_pair (min(person_a, person_b), max(person_a, person_b));

CREATE INDEX twin_by_lead ON twin (lead_id);

CREATE TABLE alias (
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name      TEXT NOT NULL CHECK (length(trim(name)) > 0),
    PRIMARY KEY (person_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE analysis (
    photo_id    INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    engine      TEXT NOT NULL,
    model       TEXT NOT NULL,
    orientation INTEGER NOT NULL,
    n_faces     INTEGER NOT NULL,
    at_us       INTEGER NOT NULL
) STRICT;

CREATE TABLE assignment (
    id          INTEGER PRIMARY KEY,
    face_id     INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
    person_id   INTEGER REFERENCES person (id) ON DELETE CASCADE,
    state       TEXT NOT NULL CHECK (state IN ('confirmed', 'suggested', 'rejected', 'ignored')),
    source      TEXT NOT NULL CHECK (source IN ('user', 'picasa', 'digikam', 'xmp', 'auto')),
    distance    REAL,
    probability REAL,
    at_us       INTEGER NOT NULL,
    UNIQUE (face_id, person_id),
    CHECK ((person_id IS NULL) = (state = 'ignored')),
    CHECK ((state = 'suggested') = (source = 'auto'))
) STRICT;

CREATE TABLE cluster (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER REFERENCES person (id) ON DELETE CASCADE,
    created_us INTEGER NOT NULL
) STRICT;

CREATE TABLE companion (
    photo_id  INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    lead_id   INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    paired_us INTEGER NOT NULL DEFAULT 0,
    CHECK (photo_id != lead_id)
) STRICT;

CREATE TABLE contact (
    contact_id TEXT PRIMARY KEY CHECK (length(contact_id) = 16),
    person_id  INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (
    id         INTEGER PRIMARY KEY,
    uuid       TEXT NOT NULL UNIQUE,
    at_us      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    summary    TEXT NOT NULL,
    undoes     INTEGER REFERENCES decision (id),
    steps      TEXT NOT NULL CHECK (json_valid(steps))  -- last: it can be megabytes
) STRICT;

CREATE TABLE encoding (
    face_id INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
    model   TEXT NOT NULL,
    dim     INTEGER NOT NULL,
    vector  BLOB NOT NULL CHECK (length(vector) = 4 * dim),
    PRIMARY KEY (face_id, model)
) STRICT;

CREATE TABLE exported (
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    place   TEXT NOT NULL CHECK (place IN ('file', 'sidecar', 'short_sidecar')),
    traces  TEXT NOT NULL CHECK (json_valid(traces)),
    settled BLOB CHECK (length(settled) = 32),
    PRIMARY KEY (file_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE face (
    id         INTEGER PRIMARY KEY,
    uuid       TEXT NOT NULL UNIQUE,
    photo_id   INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    x0         REAL NOT NULL,
    y0         REAL NOT NULL,
    x1         REAL NOT NULL,
    y1         REAL NOT NULL,
    origin     TEXT NOT NULL,              -- the detector's name, picasa, digikam, xmp or manual
    engine     TEXT,                       -- the engine that found or encoded it
    score      REAL,
    quality    REAL,
    landmarks  TEXT CHECK (json_valid(landmarks)),
    cluster_id INTEGER REFERENCES cluster (id) ON DELETE SET NULL,
    created_us INTEGER NOT NULL,
    CHECK (0 <= x0 AND x0 < x1 AND x1 <= 1 AND 0 <= y0 AND y0 < y1 AND y1 <= 1)
) STRICT;

CREATE TABLE file (
    id             INTEGER PRIMARY KEY,
    root_id        INTEGER NOT NULL REFERENCES root (id) ON DELETE CASCADE,
    relpath        BLOB NOT NULL,
    relpath_text   TEXT NOT NULL,
    path_is_lossy  INTEGER NOT NULL CHECK (path_is_lossy IN (0, 1)),
    size_bytes     INTEGER NOT NULL,
    mtime_ns       INTEGER NOT NULL,
    ctime_ns       INTEGER NOT NULL,
    inode          INTEGER NOT NULL,
    n_links        INTEGER NOT NULL,
    hashed_ns      INTEGER,               -- when reading began; a newer mtime cannot be trusted
    content_hash   BLOB CHECK (length(content_hash) = 32),
    photo_id       INTEGER REFERENCES photo (id),
    orientation    INTEGER CHECK (orientation BETWEEN 1 AND 8),
    -- what a sidecar or Picasa says of a photo whose own file says nothing, EXIF's numbers
    turn           INTEGER NOT NULL DEFAULT 1 CHECK (turn BETWEEN 1 AND 8),
    state          TEXT NOT NULL CHECK (state IN ('pending', 'present', 'unreadable', 'missing')),
    attempts       INTEGER NOT NULL DEFAULT 0,   -- workers that died of it since it last changed
    first_seen_us  INTEGER NOT NULL,
    UNIQUE (root_id, relpath)
) STRICT;

CREATE TABLE former (
    file_id     INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    photo_id    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    until_us    INTEGER NOT NULL,
    is_compared INTEGER NOT NULL DEFAULT 0 CHECK (is_compared IN (0, 1)),
    PRIMARY KEY (file_id, photo_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue (
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    stage   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    message TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    PRIMARY KEY (file_id, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    source_id  INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    photo_name TEXT NOT NULL,
    photo_id   INTEGER REFERENCES photo (id) ON DELETE SET NULL,
    is_starred INTEGER NOT NULL CHECK (is_starred IN (0, 1)),
    is_hidden  INTEGER NOT NULL CHECK (is_hidden IN (0, 1)),
    caption    TEXT NOT NULL,
    keywords   TEXT NOT NULL CHECK (json_valid(keywords)),
    albums     TEXT NOT NULL CHECK (json_valid(albums)),
    PRIMARY KEY (source_id, photo_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE orientation_map (
    orientation INTEGER PRIMARY KEY,
    xx INTEGER NOT NULL, xy INTEGER NOT NULL, xc INTEGER NOT NULL,
    yx INTEGER NOT NULL, yy INTEGER NOT NULL, yc INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL CHECK (length(trim(name)) > 0),
    is_placeholder INTEGER NOT NULL DEFAULT 0 CHECK (is_placeholder IN (0, 1)),
    created_us INTEGER NOT NULL,
    born       TEXT CHECK (length(born) IN (4, 7, 10)),
    died       TEXT CHECK (length(died) IN (4, 7, 10))
) STRICT;

CREATE TABLE photo (
    id          INTEGER PRIMARY KEY,
    image_hash  BLOB NOT NULL UNIQUE CHECK (length(image_hash) = 32),
    format      TEXT NOT NULL,
    width_px    INTEGER NOT NULL CHECK (width_px > 0),
    height_px   INTEGER NOT NULL CHECK (height_px > 0),
    orientation INTEGER NOT NULL CHECK (orientation BETWEEN 1 AND 8),
    taken_us    INTEGER,
    camera      TEXT
, decoder_turn INTEGER CHECK (decoder_turn BETWEEN 1 AND 8)) STRICT;

CREATE TABLE region (
    id            INTEGER PRIMARY KEY,
    source_id     INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    photo_name    TEXT NOT NULL,  -- an ini's section, a path in a database; '' is the file itself
    rect          TEXT NOT NULL,           -- as written
    contact_id    TEXT NOT NULL,           -- Picasa's, or ''
    name          TEXT NOT NULL,           -- as written; Picasa's inis have it with the contact
    said          TEXT NOT NULL CHECK (said IN ('named', 'unnamed', 'ignored', 'suggested')),
    rotate        INTEGER,                 -- Picasa's own quarter turns, where it noted them
    tagged_us     INTEGER,                 -- when it was named, where the source says
    x0 REAL, y0 REAL, x1 REAL, y1 REAL,    -- as written, 0..1
    person_id     INTEGER REFERENCES person (id) ON DELETE SET NULL,  -- NULL: not named
    file_id       INTEGER REFERENCES file (id) ON DELETE SET NULL,
    photo_id      INTEGER REFERENCES photo (id),
    frame         TEXT,
    status        TEXT NOT NULL CHECK (status IN (
                  'pending', 'encoded', 'unencodable', 'unplaced', 'conflict', 'orphaned',
                  'unnamed', 'ignored', 'suggested', 'withdrawn')),
    face_id       INTEGER REFERENCES face (id) ON DELETE SET NULL,
    settled_us    INTEGER NOT NULL DEFAULT 0, evidence TEXT,
    UNIQUE (source_id, photo_name, rect, contact_id, name)
) STRICT;

CREATE TABLE rejected_pair (
    id       INTEGER PRIMARY KEY,
    person_a INTEGER REFERENCES person (id) ON DELETE CASCADE,
    person_b INTEGER REFERENCES person (id) ON DELETE CASCADE,
    face_a   INTEGER REFERENCES face (id) ON DELETE CASCADE,
    face_b   INTEGER REFERENCES face (id) ON DELETE CASCADE,
    CHECK (iif(person_a IS NULL, face_a != face_b AND person_b IS NULL,
               person_a != person_b AND face_a IS NULL AND face_b IS NULL))
) STRICT;

CREATE TABLE root (
    id           INTEGER PRIMARY KEY,
    path         BLOB NOT NULL UNIQUE,
    path_text    TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'online' CHECK (state IN ('online', 'offline')),
    added_us     INTEGER NOT NULL,
    last_scan_us INTEGER
) STRICT;

CREATE TABLE scan_run (
    id          INTEGER PRIMARY KEY,
    started_us  INTEGER NOT NULL,
    finished_us INTEGER,
    outcome     TEXT CHECK (outcome IN ('done', 'stopped', 'failed')),
    engine      TEXT NOT NULL,
    summary     TEXT CHECK (json_valid(summary))
) STRICT;

CREATE TABLE "source" (
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

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE twin (
    face_id INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE,
    lead_id INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
    CHECK (face_id != lead_id)
) STRICT;

CREATE TABLE walk_issue (
    root_id      INTEGER NOT NULL REFERENCES root (id) ON DELETE CASCADE,
    relpath      BLOB NOT NULL,
    relpath_text TEXT NOT NULL,
    message      TEXT NOT NULL,
    at_us        INTEGER NOT NULL,
    PRIMARY KEY (root_id, relpath)
) STRICT, WITHOUT ROWID;

CREATE VIEW v1_duplicates AS
SELECT 'e' || min(f.id) OVER (PARTITION BY f.content_hash) AS group_id,
       'exact' AS kind,
       f.id AS file_id,
       f.path AS path
  FROM (SELECT x.id, x.content_hash,
               rtrim(r.path_text, '/') || '/' || x.relpath_text AS path
          FROM file x JOIN root r ON r.id = x.root_id
         WHERE x.state != 'missing' AND x.size_bytes > 0
           AND x.content_hash IN (
               SELECT y.content_hash FROM file y
                WHERE y.state != 'missing' AND y.content_hash IS NOT NULL
                GROUP BY y.content_hash
               HAVING count(DISTINCT iif(y.n_links > 1, -y.inode, y.id)) > 1)) f
UNION ALL
SELECT 'i' || min(f.id) OVER (PARTITION BY f.photo_id) AS group_id,
       'same_image' AS kind,
       f.id AS file_id,
       f.path AS path
  FROM (SELECT x.id, x.photo_id,
               rtrim(r.path_text, '/') || '/' || x.relpath_text AS path
          FROM file x JOIN root r ON r.id = x.root_id
         WHERE x.state = 'present'
           AND x.photo_id IN (
               SELECT y.photo_id FROM file y
                WHERE y.state = 'present' AND y.photo_id IS NOT NULL
                GROUP BY y.photo_id HAVING count(DISTINCT y.content_hash) > 1)) f;

CREATE VIEW v1_encodings AS
SELECT face_id, model, dim, vector FROM encoding;

CREATE VIEW v1_faces AS
SELECT f.id AS face_id,
       f.photo_id AS photo_id,
       (SELECT rtrim(r.path_text, '/') || '/' || x.relpath_text
          FROM file x JOIN root r ON r.id = x.root_id
         WHERE x.photo_id = f.photo_id
         ORDER BY x.state = 'missing', x.root_id, x.relpath LIMIT 1) AS path,
       coalesce(done.person_id, guess.person_id) AS person_id,
       coalesce(named.name, guessed.name) AS person_name,
       CASE WHEN done.state IS NOT NULL THEN done.state
            WHEN guess.state IS NOT NULL THEN guess.state
            WHEN EXISTS (SELECT 1 FROM assignment a WHERE a.face_id = f.id AND a.state = 'rejected')
                 THEN 'rejected'
            ELSE 'unknown' END AS state,
       coalesce(done.source, guess.source,
                (SELECT a.source FROM assignment a
                  WHERE a.face_id = f.id AND a.state = 'rejected' ORDER BY a.id LIMIT 1)) AS source,
       f.origin AS origin,
       CASE WHEN f.origin IN ('picasa', 'digikam', 'xmp', 'manual') THEN NULL ELSE f.origin END AS detector,
       f.score AS score,
       f.quality AS quality,
       guess.probability AS probability,
       guess.distance AS distance,
       f.cluster_id AS cluster_id,
       min(m.xx * f.x0 + m.xy * f.y0, m.xx * f.x1 + m.xy * f.y1) + m.xc AS x0,
       min(m.yx * f.x0 + m.yy * f.y0, m.yx * f.x1 + m.yy * f.y1) + m.yc AS y0,
       max(m.xx * f.x0 + m.xy * f.y0, m.xx * f.x1 + m.xy * f.y1) + m.xc AS x1,
       max(m.yx * f.x0 + m.yy * f.y0, m.yx * f.x1 + m.yy * f.y1) + m.yc AS y1,
       f.x0 AS stored_x0,
       f.y0 AS stored_y0,
       f.x1 AS stored_x1,
       f.y1 AS stored_y1,
       CAST(round((min(m.xx * f.x0 + m.xy * f.y0, m.xx * f.x1 + m.xy * f.y1) + m.xc)
            * iif(p.orientation >= 5, p.height_px, p.width_px)) AS INTEGER) AS left_px,
       CAST(round((min(m.yx * f.x0 + m.yy * f.y0, m.yx * f.x1 + m.yy * f.y1) + m.yc)
            * iif(p.orientation >= 5, p.width_px, p.height_px)) AS INTEGER) AS top_px,
       CAST(round((max(m.xx * f.x0 + m.xy * f.y0, m.xx * f.x1 + m.xy * f.y1) + m.xc)
            * iif(p.orientation >= 5, p.height_px, p.width_px)) AS INTEGER) AS right_px,
       CAST(round((max(m.yx * f.x0 + m.yy * f.y0, m.yx * f.x1 + m.yy * f.y1) + m.yc)
            * iif(p.orientation >= 5, p.width_px, p.height_px)) AS INTEGER) AS bottom_px,
       iif(f.landmarks IS NULL, NULL, (
           SELECT json_group_array(json_array(
                      round(m.xx * (j.value ->> 0) + m.xy * (j.value ->> 1) + m.xc, 6),
                      round(m.yx * (j.value ->> 0) + m.yy * (j.value ->> 1) + m.yc, 6)))
             FROM json_each(f.landmarks) j)) AS landmarks,
       t.lead_id AS companion_of
  FROM face f
  JOIN photo p ON p.id = f.photo_id
  JOIN orientation_map m ON m.orientation = p.orientation
  LEFT JOIN twin t ON t.face_id = f.id
  LEFT JOIN assignment done ON done.face_id = f.id AND done.state IN ('confirmed', 'ignored')
  LEFT JOIN person named ON named.id = done.person_id
  LEFT JOIN assignment guess ON done.id IS NULL AND guess.id = (
       SELECT a.id FROM assignment a WHERE a.face_id = coalesce(t.lead_id, f.id) AND a.state = 'suggested'
        ORDER BY a.distance, a.person_id LIMIT 1)
  LEFT JOIN person guessed ON guessed.id = guess.person_id;

CREATE VIEW v1_files AS
SELECT f.id AS file_id,
       f.photo_id AS photo_id,
       r.path_text AS root,
       rtrim(r.path_text, '/') || '/' || f.relpath_text AS path,
       CAST(rtrim(CAST(r.path AS TEXT), '/') || '/' || CAST(f.relpath AS TEXT) AS BLOB) AS path_bytes,
       f.path_is_lossy OR CAST(r.path_text AS BLOB) != r.path AS path_is_lossy,
       f.size_bytes AS size_bytes,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.mtime_ns / 1e9, 'unixepoch') AS mtime,
       iif(f.content_hash IS NULL, NULL, lower(hex(f.content_hash))) AS content_hash,
       f.state AS state
  FROM file f JOIN root r ON r.id = f.root_id;

CREATE VIEW v1_people AS
SELECT p.id AS person_id,
       p.name AS name,
       (SELECT count(*) FROM assignment a
         WHERE a.person_id = p.id AND a.state IN ('confirmed', 'suggested')
           AND a.face_id NOT IN (SELECT f.id FROM face f WHERE NOT EXISTS (
               SELECT 1 FROM file x WHERE x.photo_id = f.photo_id AND x.state != 'missing'))
           AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = a.face_id)) AS n_faces,
       (SELECT count(*) FROM assignment a
         WHERE a.person_id = p.id AND a.state = 'confirmed'
           AND a.face_id NOT IN (SELECT f.id FROM face f WHERE NOT EXISTS (
               SELECT 1 FROM file x WHERE x.photo_id = f.photo_id AND x.state != 'missing'))
           AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = a.face_id)) AS n_confirmed,
       (SELECT count(*) FROM assignment a
         WHERE a.person_id = p.id AND a.state = 'suggested'
           AND a.face_id NOT IN (SELECT f.id FROM face f WHERE NOT EXISTS (
               SELECT 1 FROM file x WHERE x.photo_id = f.photo_id AND x.state != 'missing'))
           AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = a.face_id)) AS n_suggested,
       (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(ph.taken_us) / 1e6, 'unixepoch')
          FROM assignment a JOIN face f ON f.id = a.face_id JOIN photo ph ON ph.id = f.photo_id
         WHERE a.person_id = p.id AND a.state = 'confirmed') AS first_taken_at,
       (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(ph.taken_us) / 1e6, 'unixepoch')
          FROM assignment a JOIN face f ON f.id = a.face_id JOIN photo ph ON ph.id = f.photo_id
         WHERE a.person_id = p.id AND a.state = 'confirmed') AS last_taken_at,
       p.born AS born,
       p.died AS died,
       (SELECT json_group_array(a.name) FROM (
            SELECT name FROM alias WHERE person_id = p.id ORDER BY name) a) AS aliases
  FROM person p;

CREATE VIEW v1_photos AS
SELECT p.id AS photo_id,
       lower(hex(p.image_hash)) AS image_hash,
       p.width_px AS width,
       p.height_px AS height,
       p.orientation AS orientation,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.taken_us / 1e6, 'unixepoch') AS taken_at,
       p.camera AS camera,
       (SELECT count(*) FROM file f
         WHERE f.photo_id = p.id AND f.state IN ('present', 'pending')) AS n_files,
       (SELECT count(*) FROM face WHERE face.photo_id = p.id) AS n_faces,
       (SELECT c.lead_id FROM companion c WHERE c.photo_id = p.id) AS companion_of,
       coalesce((SELECT max(n.is_starred) FROM note n WHERE n.photo_id = p.id), 0) AS is_starred,
       coalesce((SELECT max(n.is_hidden) FROM note n WHERE n.photo_id = p.id), 0) AS is_hidden,
       (SELECT n.caption FROM note n WHERE n.photo_id = p.id AND n.caption != ''
         ORDER BY n.source_id LIMIT 1) AS caption,
       (SELECT json_group_array(k.value) FROM (
            SELECT DISTINCT j.value FROM note n, json_each(n.keywords) j
             WHERE n.photo_id = p.id ORDER BY j.value) k) AS keywords,
       (SELECT json_group_array(a.value) FROM (
            SELECT DISTINCT j.value FROM note n, json_each(n.albums) j
             WHERE n.photo_id = p.id ORDER BY j.value) a) AS albums
  FROM photo p;

CREATE VIEW v1_problems AS
SELECT i.file_id AS file_id,
       rtrim(r.path_text, '/') || '/' || f.relpath_text AS path,
       i.stage AS stage,
       i.kind AS kind,
       i.message AS message,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.at_us / 1e6, 'unixepoch') AS at
  FROM issue i JOIN file f ON f.id = i.file_id JOIN root r ON r.id = f.root_id
 WHERE f.state != 'missing'
UNION ALL
SELECT NULL, rtrim(r.path_text, '/') || '/' || w.relpath_text, 'walk', 'denied', w.message,
       strftime('%Y-%m-%dT%H:%M:%fZ', w.at_us / 1e6, 'unixepoch')
  FROM walk_issue w JOIN root r ON r.id = w.root_id;

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

CREATE VIEW v1_rejected_pairs AS
SELECT iif(r.person_a IS NULL, 'groups', 'people') AS kind,
       coalesce(r.person_a, (SELECT a.person_id FROM assignment a
                              WHERE a.face_id = r.face_a AND a.state = 'confirmed')) AS person_a,
       coalesce(r.person_b, (SELECT a.person_id FROM assignment a
                              WHERE a.face_id = r.face_b AND a.state = 'confirmed')) AS person_b,
       r.face_a AS face_a,
       r.face_b AS face_b,
       (SELECT f.cluster_id FROM face f WHERE f.id = r.face_a) AS cluster_a,
       (SELECT f.cluster_id FROM face f WHERE f.id = r.face_b) AS cluster_b
  FROM rejected_pair r;

CREATE VIEW v1_roots AS
SELECT r.id AS root_id,
       r.path_text AS path,
       r.state AS state,
       (SELECT count(*) FROM file f WHERE f.root_id = r.id AND f.state != 'missing') AS n_files,
       (SELECT count(DISTINCT f.photo_id) FROM file f
         WHERE f.root_id = r.id AND f.state != 'missing') AS n_photos,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.last_scan_us / 1e6, 'unixepoch') AS last_scan_at
  FROM root r;

CREATE VIEW v1_suggestions AS
SELECT a.face_id AS face_id,
       a.person_id AS person_id,
       p.name AS person_name,
       a.probability AS probability,
       a.distance AS distance
  FROM assignment a JOIN person p ON p.id = a.person_id
 WHERE a.state = 'suggested'
   AND EXISTS (SELECT 1 FROM face f JOIN file x ON x.photo_id = f.photo_id
                WHERE f.id = a.face_id AND x.state != 'missing');

