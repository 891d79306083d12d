-- How a decoder has turned the picture that a photo's file holds, as EXIF numbers it: a HEIC's boxes say so.
-- Other programs count regions in the picture before. NULL: read before this was noted; a scan reads it again.
ALTER TABLE photo ADD COLUMN decoder_turn INTEGER CHECK (decoder_turn BETWEEN 1 AND 8);
UPDATE photo SET decoder_turn = 1 WHERE format != 'HEIF';
