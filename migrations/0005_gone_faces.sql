-- A photo that was deleted, or whose folder was forgotten, has no file any more. What is decided of its faces is
-- kept for the day it returns; until then they are not counted, listed, grouped, suggested or asked about. The
-- files of a root that is offline are there: nobody has seen them gone.
CREATE INDEX file_there ON file (photo_id) WHERE state != 'missing';

-- A face on a companion counts once, on its lead.
DROP VIEW v1_people;
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

DROP VIEW v1_suggestions;
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
