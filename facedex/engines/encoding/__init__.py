"""From a face to its encoding: landmarks, aligned chips, dlib's encoder, and the quality."""
