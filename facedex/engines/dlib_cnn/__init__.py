"""dlib's detectors to the pixel: the image pyramid, its bands, the mmod boxes, and HOG."""
