"""From a face to its encoding: landmarks, aligned chips, dlib's encoder, and how good the picture is."""
