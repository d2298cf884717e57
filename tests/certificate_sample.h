/*
 * certificate_sample.h - a client certificate with names of every kind: tls.example.vn,
 * *.wild.example.vn, one with a zero byte after nul.example.vn, a URI, two addresses, a mail
 * address. Self-signed; base64 of its DER.
 */
#ifndef TESTS_CERTIFICATE_SAMPLE_H
#define TESTS_CERTIFICATE_SAMPLE_H

#define CERTIFICATE_SAMPLE                                                                         \
    "MIICIDCCAcWgAwIBAgIUPqv4kL373GHqFs+RJPc2eGp/TO8wCgYIKoZIzj0EAwIwNDELMAkGA1UEBhMCVk4x"         \
    "DDAKBgNVBAoMA1RodTEXMBUGA1UEAwwOdGxzLmV4YW1wbGUudm4wIBcNMjYxMTIzMTk1NzM3WhgPMjEyNjEw"         \
    "MzAxOTU3MzdaMDQxCzAJBgNVBAYTAlZOMQwwCgYDVQQKDANUaHUxFzAVBgNVBAMMDnRscy5leGFtcGxlLnZu"         \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWbeXkDPOdyQO9IFJ4f/X5m5IksYEvmKNI2pmMHFQTR2vme4+"         \
    "srE1y5lfUI++hnkra6A9QhX8SLrbBCCeNWDTBaOBsjCBrzCBjQYDVR0RBIGFMIGCgg50bHMuZXhhbXBsZS52"         \
    "boIRKi53aWxkLmV4YW1wbGUudm6GGGh0dHBzOi8vdGxzLmV4YW1wbGUudm4vYYcEywBxB4cQIAENuAAAAAAA"         \
    "AAAAAAAAAYESdmFuLXRodUBleGFtcGxlLnZughdudWwuZXhhbXBsZS52bgAuZXZpbC52bjAdBgNVHQ4EFgQU"         \
    "EOKL7KP6IDji7Zg/FjRWwaMN9iEwCgYIKoZIzj0EAwIDSQAwRgIhAMpRAAXWFZ5k3KX7VcUfC42O74huD7Wr"         \
    "KDY2itm5GBt/AiEAlBlR8vyv2/WUKcZqCQwDpVFi1+Tikzu082AUAQ4AQCQ="

#endif
