"""Finding faces: strategies over YuNet, dlib's CNN and HOG, and several detectors joined."""
