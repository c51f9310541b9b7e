#include "support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace rollcall::tests {
namespace {

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error{std::string{"test certificates: "} + what};
}

struct File {
    explicit File(const std::string& path) : handle(std::fopen(path.c_str(), "w")) {
        require(handle != nullptr, "cannot write a file");
    }

    ~File() { std::fclose(handle); }

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::FILE* handle;
};

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    require(extension != nullptr, "an extension is wrong");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

struct Authority::Identity {
    Identity() : certificate(X509_new()), key(EVP_EC_gen("P-256")) {
        require(certificate != nullptr && key != nullptr, "no memory");
    }

    ~Identity() {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }

    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    X509* certificate;
    EVP_PKEY* key;
};

std::unique_ptr<Authority::Identity> Authority::make(const Wanted& wanted, const Identity* issuer) {
    auto made = std::make_unique<Identity>();
    X509* const certificate = made->certificate;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++issued_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.begins);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.ends);
    X509_set_pubkey(certificate, made->key);
    const std::string name = issuer == nullptr ? "test authority" : "test " + wanted.names;
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate),
        "CN",
        MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name.c_str()),
        -1,
        -1,
        0
    );
    const Identity& signer = issuer == nullptr ? *made : *issuer;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate));
    if (issuer == nullptr) {
        add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    } else if (!wanted.names.empty()) {
        add_extension(certificate, signer.certificate, NID_subject_alt_name, wanted.names);
    }
    require(X509_sign(certificate, signer.key, EVP_sha256()) > 0, "cannot sign");
    return made;
}

Authority::Authority(long ends) {
    std::string pattern = std::filesystem::temp_directory_path() / "rollcall_ca_XXXXXX";
    require(::mkdtemp(pattern.data()) != nullptr, "no temporary folder");
    folder_ = pattern;
    Wanted wanted;
    wanted.ends = ends;
    root_ = make(wanted, nullptr);
    PEM_write_X509(File{file()}.handle, root_->certificate);
}

Authority::~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

IdentityFiles Authority::issue(const Wanted& wanted) {
    const auto identity = make(wanted, root_.get());
    const std::string stem = folder_ + "/" + std::to_string(issued_);
    const IdentityFiles files{stem + ".pem", stem + ".key"};
    PEM_write_X509(File{files.certificate}.handle, identity->certificate);
    const std::string& pass = wanted.passphrase;
    PEM_write_PrivateKey(
        File{files.key}.handle,
        identity->key,
        pass.empty() ? nullptr : EVP_aes_256_cbc(),
        pass.empty() ? nullptr : reinterpret_cast<const unsigned char*>(pass.data()),
        static_cast<int>(pass.size()),
        nullptr,
        nullptr
    );
    return files;
}

}  // namespace rollcall::tests
