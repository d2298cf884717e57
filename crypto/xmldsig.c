/*
 * Signed XML. Attacker: alters a signed document, wraps it in another, or signs less than is read;
 * promise: what verifies is signed from the first to the last element by the key of the certificate
 * that is reported. xmlsec gets documents that base/xml has read (no document types, no entities,
 * no network), is told which transforms and references there may be, and fetches nothing.
 * Deliberately not done: XAdES properties; the signing time is in the signed document itself.
 */
#include "crypto/xmldsig.h"

#include <pthread.h>
#include <stdlib.h>
#include <xmlsec/xmlsec.h> /* before its others */

#include <xmlsec/errors.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/templates.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xml.h"
#include "crypto/signer_open.h"

#define DSIG_SPACE       "http://www.w3.org/2000/09/xmldsig#"
#define ENVELOPED        "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define EXCLUSIVE        "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SHA256           "http://www.w3.org/2001/04/xmlenc#sha256"
#define RSA_SHA256       "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define ECDSA_SHA256     "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
#define CERTIFICATES_MAX 10
#define XML_BYTES_MAX    (4 * 1024 * 1024)

static void library_open(void)
{
    must(xmlSecInit() == 0);
    must(xmlSecOpenSSLAppInit(NULL) == 0);
    must(xmlSecOpenSSLInit() == 0);
    xmlSecErrorsDefaultCallbackEnableOutput(0); /* libraries never log */
}

static void library_need(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, library_open) == 0);
}

static void context_close(xmlSecDSigCtxPtr *c)
{
    if (*c != NULL)
        xmlSecDSigCtxDestroy(*c);
}

static xmlSecKeyPtr key_of(const EVP_PKEY *pkey)
{
    EVP_PKEY *held = (EVP_PKEY *)(uintptr_t)pkey;
    xmlSecKeyDataPtr value;
    xmlSecKeyPtr key;

    must(EVP_PKEY_up_ref(held) == 1);
    value = xmlSecOpenSSLEvpKeyAdopt(held);
    if (value == NULL) {
        EVP_PKEY_free(held);
        return NULL;
    }
    key = xmlSecKeyCreate();
    must(key != NULL);
    must(xmlSecKeySetValue(key, value) == 0);
    return key;
}

static bool certificate_add(xmlSecKeyPtr key, X509 *x)
{
    unsigned char *der = NULL;
    const int n = i2d_X509(x, &der);
    int r;

    must(n > 0);
    r = xmlSecOpenSSLAppKeyCertLoadMemory(key, der, (xmlSecSize)n, xmlSecKeyDataFormatCertDer);
    OPENSSL_free(der);
    return r == 0;
}

static xmlSecKeyPtr signing_key(const struct signer *s)
{
    xmlSecKeyPtr key = key_of(s->key);
    bool good = key != NULL && certificate_add(key, s->certificate);

    for (int i = 0; good && i < sk_X509_num(s->above); i++)
        good = certificate_add(key, sk_X509_value(s->above, i));
    if (good)
        return key;
    if (key != NULL)
        xmlSecKeyDestroy(key);
    return NULL;
}

static xmlNodePtr template_put(xmlDocPtr doc, const struct signer *s)
{
    xmlSecTransformId method = EVP_PKEY_is_a(s->key, "RSA") ? xmlSecOpenSSLTransformRsaSha256Id
                                                            : xmlSecOpenSSLTransformEcdsaSha256Id;
    xmlNodePtr signature = xmlSecTmplSignatureCreate(doc, xmlSecTransformExclC14NId, method, NULL);
    xmlNodePtr reference, info;

    must(signature != NULL);
    must(xmlAddChild(xmlDocGetRootElement(doc), signature) != NULL);
    reference = xmlSecTmplSignatureAddReference(signature, xmlSecOpenSSLTransformSha256Id, NULL,
                                                BAD_CAST "", NULL);
    must(reference != NULL);
    must(xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId) != NULL);
    must(xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId) != NULL);
    info = xmlSecTmplSignatureEnsureKeyInfo(signature, NULL);
    must(info != NULL);
    info = xmlSecTmplKeyInfoAddX509Data(info);
    must(info != NULL && xmlSecTmplX509DataAddCertificate(info) != NULL);
    return signature;
}

static struct str document_print(xmlDocPtr doc, struct arena *a)
{
    xmlChar *text = NULL;
    int n = 0;
    struct str s;

    xmlDocDumpMemoryEnc(doc, &text, &n, "UTF-8");
    must(text != NULL && n > 0);
    s = str_dup(a, str_of(text, (size_t)n));
    xmlFree(text);
    return s;
}

result xmldsig_sign(struct str xml, const struct signer *s, struct arena *a, struct str *out,
                    struct err *e)
{
    DEFER(xml_close) struct xml *read = NULL;
    DEFER(context_close) xmlSecDSigCtxPtr c = NULL;
    xmlNodePtr signature;
    xmlDocPtr doc;

    library_need();
    TRY(xml_read_max(xml, XML_BYTES_MAX, &read, e));
    doc = (xmlDocPtr)read; /* base/xml's documents are libxml2's */
    signature = template_put(doc, s);
    c = xmlSecDSigCtxCreate(NULL);
    must(c != NULL);
    c->signKey = signing_key(s);
    if (c->signKey == NULL || xmlSecDSigCtxSign(c, signature) != 0)
        return fail(e, ERR_CRYPTO, "a document was not signed");
    *out = document_print(doc, a);
    return OK;
}

static bool algorithm_is(const struct xml_node *n, const char *path, const char *uri,
                         struct arena *a)
{
    return str_is(xml_attr(a, xml_find(n, path), "Algorithm"), uri);
}

/* The shape that xmldsig.h promises, looked at before anything is computed. */
static bool shape_is_ours(const struct xml_node *signature, struct arena *a)
{
    const struct xml_node *info = xml_find(signature, "SignedInfo");
    const struct xml_node *reference = xml_find(info, "Reference");
    const struct xml_node *first = xml_find(reference, "Transforms/Transform");
    const struct xml_node *second = first == NULL ? NULL : xml_next(first);

    return str_is(xml_space(signature), DSIG_SPACE) &&
           (algorithm_is(info, "SignatureMethod", RSA_SHA256, a) ||
            algorithm_is(info, "SignatureMethod", ECDSA_SHA256, a)) &&
           algorithm_is(info, "CanonicalizationMethod", EXCLUSIVE, a) && reference != NULL &&
           xml_next(reference) == NULL && xml_attr(a, reference, "URI").n == 0 &&
           algorithm_is(reference, "DigestMethod", SHA256, a) && second != NULL &&
           xml_next(second) == NULL && str_is(xml_attr(a, first, "Algorithm"), ENVELOPED) &&
           str_is(xml_attr(a, second, "Algorithm"), EXCLUSIVE) &&
           xml_find(signature, "Object") == NULL;
}

/* The last child of the root, and the only Signature there. */
static const struct xml_node *signature_find(const struct xml *doc)
{
    const struct xml_node *n = xml_find(xml_root(doc), "Signature");

    return n == NULL || xml_sibling(n) != NULL ? NULL : n;
}

static X509 *certificate_read(const struct xml_node *n, struct arena *a)
{
    const struct str text = xml_text(a, n);
    char *packed = arena_alloc(a, text.n + 1);
    struct str der;
    const unsigned char *p;
    size_t used = 0;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\n' && text.p[i] != '\r' && text.p[i] != ' ')
            packed[used++] = text.p[i];
    if (!base64_decode(a, str_of(packed, used), &der))
        return NULL;
    p = (const unsigned char *)der.p;
    return d2i_X509(NULL, &p, (long)der.n);
}

static void stack_close(STACK_OF(X509) * *s)
{
    sk_X509_pop_free(*s, X509_free);
}

static STACK_OF(X509) * certificates_read(const struct xml_node *signature, struct arena *a)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    const struct xml_node *n = xml_find(signature, "KeyInfo/X509Data/X509Certificate");

    must(list != NULL);
    for (; n != NULL && sk_X509_num(list) < CERTIFICATES_MAX; n = xml_next(n)) {
        X509 *x = certificate_read(n, a);

        if (x != NULL)
            must(sk_X509_push(list, x) > 0);
    }
    return list;
}

static bool signature_holds(const struct xml_node *signature, X509 *x)
{
    DEFER(context_close) xmlSecDSigCtxPtr c = xmlSecDSigCtxCreate(NULL);

    must(c != NULL);
    if (X509_get0_pubkey(x) == NULL) /* of a kind that OpenSSL cannot read */
        return false;
    c->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
    c->signKey = key_of(X509_get0_pubkey(x));
    return c->signKey != NULL && xmlSecDSigCtxVerify(c, (xmlNodePtr)(uintptr_t)signature) == 0 &&
           c->status == xmlSecDSigStatusSucceeded;
}

result xmldsig_verify(struct str xml, struct str authorities, int64_t at_ms, struct arena *a,
                      struct signer_facts *out, struct err *e)
{
    DEFER(xml_close) struct xml *read = NULL;
    DEFER(stack_close) STACK_OF(X509) *list = NULL;
    const struct xml_node *signature;

    library_need();
    TRY(xml_read_max(xml, XML_BYTES_MAX, &read, e));
    signature = signature_find(read);
    if (signature == NULL || !shape_is_ours(signature, a))
        return fail(e, ERR_BAD_SIGNATURE, "no signature over the whole document");
    list = certificates_read(signature, a);
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (!signature_holds(signature, sk_X509_value(list, i)))
            continue;
        signer_judge(sk_X509_value(list, i), list, authorities, at_ms, a, out);
        return OK;
    }
    return fail(e, ERR_BAD_SIGNATURE, "the document is not what was signed");
}
