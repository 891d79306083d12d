-- Which photos a file held before the one it holds: what people said of them is carried over to its photo
-- once no file holds them any more. is_compared: the faces of the photo that came next have been compared
-- with theirs, so that from then on a face must look the same, and not only be in the same place.
CREATE TABLE former (
    file_id     INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    photo_id    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    until_us    INTEGER NOT NULL,
    is_compared INTEGER NOT NULL DEFAULT 0 CHECK (is_compared IN (0, 1)),
    PRIMARY KEY (file_id, photo_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_by_photo ON former (photo_id);

-- Faces of these may have gone to other photos; they are searched again when a file holds them again.
DELETE FROM analysis WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.photo_id = analysis.photo_id);
