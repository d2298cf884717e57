/*
 * ceremony.h - registrations and sign-ins that Chromium's virtual authenticator made for
 * tests/browser/passkey.mjs at CEREMONY_ISSUER, one for each algorithm. No key of anybody's.
 */
#ifndef TESTS_CEREMONY_H
#define TESTS_CEREMONY_H

#include "base/base.h"

#define CEREMONY_ISSUER "http://localhost:25407"

struct ceremony {
    int64_t alg;
    const char *made_challenge, *made_client_data, *made_auth_data;
    const char *id, *shown_challenge, *shown_client_data, *shown_auth_data, *signature;
};

static const struct ceremony ceremonies[] = {
    {
        .alg = -7,
        .made_challenge = "rXEYZfA2l3SN7ESfx3i8w3xUNIYrwK8FsZvPLrIwjLo",
        .made_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiclhFWVpmQTJsM1NON0VTZngzaTh3"
            "M3hVTklZcndLOEZzWnZQTHJJd2pMbyIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJj"
            "cm9zc09yaWdpbiI6ZmFsc2V9",
        .made_auth_data =
            "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIGiz9xdc"
            "16fHxhX5Y-Zj3vsXR_La6fSrcZdJRz_S0FvGpQECAyYgASFYIP2NsJLoVmVq9Ckmx_WTJrBCaxuHGC6k"
            "CrIeBlfW74YbIlggTY0oBcZ66nq1mZ1lvpXKdEubI1DlSjN-B2n-GEUSz9g",
        .id = "aLP3F1zXp8fGFflj5mPe-xdH8trp9Ktxl0lHP9LQW8Y",
        .shown_challenge = "VkPSiWYSf_y4q0GKwpZFeHt7_OxV8Kvc-dz1R4DWn-I",
        .shown_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiVmtQU2lXWVNmX3k0cTBHS3dwWkZlSHQ3"
            "X094VjhLdmMtZHoxUjREV24tSSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJjcm9z"
            "c09yaWdpbiI6ZmFsc2V9",
        .shown_auth_data = "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
        .signature =
            "MEQCIB7Iq1jCEdaPL5FfbmdUXLkfkrb0If-Spc7wrjX86K9pAiBYj_EZZpk9D9ufr3bFmq5P6ld97fbH"
            "vz3i6RVm7t-o3w",
    },
    {
        .alg = -257,
        .made_challenge = "DbCLuHm2D5ojg_tER7EE8J_uma69YyAb0I7U0ePEnfA",
        .made_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiRGJDTHVIbTJENW9qZ190RVI3RUU4"
            "Sl91bWE2OVl5QWIwSTdVMGVQRW5mQSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJj"
            "cm9zc09yaWdpbiI6ZmFsc2V9",
        .made_auth_data =
            "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIMSS6gHP"
            "B0i6-4lDcQVdBU1GEEzi2LwKwwKWyjugyq0ipAEDAzkBACBZAQC82RM5ab_7IsvLiL3VW4apOb8AYZLd"
            "Uma-ZFnS2WuR7qFky6P4j83JNhEueYYFf_rA-jdS_hgkaBB2Tw_b7POS664cudsadt2uqFIvpYWCwjVt"
            "ETJW4sWFojw3DEug_ogspE-jWcosk306cu4WDNNFjTdooHzjfpQZf-NnNv3l1PCAj2QdNaYjY-SNWvA7"
            "hY5edvivX6c2Y9nl-2284DTTHI1q8YJGeMf7fKPka3enz7JJLdPgBO4Llf7Q2kbvEEgj1nX26lgsy5S6"
            "lTkShMa6Onlp9U7b9aWLSkwcNXDDLe3LSpYo9a_xj2UWayFfmuGmWY0lD0MCnDGUQ3Sz2k3jIUMBAAE",
        .id = "xJLqAc8HSLr7iUNxBV0FTUYQTOLYvArDApbKO6DKrSI",
        .shown_challenge = "bvPsuSYLS4Sddh3Zwi-xRj8ibd_sP6BPgSQKVkJg3h8",
        .shown_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiYnZQc3VTWUxTNFNkZGgzWndpLXhSajhp"
            "YmRfc1A2QlBnU1FLVmtKZzNoOCIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJjcm9z"
            "c09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJkbyBub3QgY29tcGFy"
            "ZSBjbGllbnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC95YWJQ"
            "ZXgifQ",
        .shown_auth_data = "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
        .signature =
            "aYr35yaza6lRcjdWvU2iLVf_kzYfSM8SOTJgt6xsJhvIRM8GocTFCR_LH58a_OYECNkXj5MDkgHqAutQ"
            "oONznC1zoKl3l2sw6tZTcOGl-CSrCslIFs2kR86Eahs1leIWNM977MW_lIX6LQmW2ePFZInjDBWUCK0N"
            "SGMPyJkhn4YSlhxYN821KIUtjV_WTyaXA2uwUe7GDMVPDN-9Itki4CW9UNwXw7q9eE8GwrzdOXLwqhFO"
            "Ag7MtgANBm-7GAtYQeKFIQlYD3XX0XjC__JwBYXLBeiUyMWvFnktmqxNVcqqnM2nqBiKM4l6W773FPaO"
            "D_HdnSTqG6tNtyU7dQRFUw",
    },
    {
        .alg = -8,
        .made_challenge = "jWVFH69ryq1K9cdMwFUSeG5Edvkf-qwarYmxj9dJDSE",
        .made_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoialdWRkg2OXJ5cTFLOWNkTXdGVVNl"
            "RzVFZHZrZi1xd2FyWW14ajlkSkRTRSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJj"
            "cm9zc09yaWdpbiI6ZmFsc2V9",
        .made_auth_data =
            "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIKHnhuJL"
            "W3eKoSoLi_vvzdVzoTPbshC1eQuWlaZwS-a5pAEBAycgBiFYIHubMcF360jwo4kt7qSwi0vVe7U0liMF"
            "ZAmw9kczG7LK",
        .id = "oeeG4ktbd4qhKguL--_N1XOhM9uyELV5C5aVpnBL5rk",
        .shown_challenge = "pc3keL0BXDfaNso5saVFYiAeezna_sW2mfDZnsMzAsU",
        .shown_client_data =
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoicGMza2VMMEJYRGZhTnNvNXNhVkZZaUFl"
            "ZXpuYV9zVzJtZkRabnNNekFzVSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MjU0MDciLCJjcm9z"
            "c09yaWdpbiI6ZmFsc2V9",
        .shown_auth_data = "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
        .signature =
            "dNwSYZtd5bwFtZ7QFCQ8QWUYBt_j_AtVGgitp-oBc8dZdv-gFbXWSzhdZl_DTxbjY04uS_kKSdvzCkhM"
            "xiXECQ",
    },
};

#endif
