#pragma once
// Certificates of an authority of the test's own.

#include <memory>
#include <string>

namespace rollcall::tests {

// The paths of two PEM files.
struct IdentityFiles {
    std::string certificate;
    std::string key;
};

struct Wanted {
    // As openssl writes them: "DNS:localhost,IP:127.0.0.1".
    std::string names = "DNS:localhost,IP:127.0.0.1";
    // Seconds from now.
    long begins = -3600;
    long ends = 3600;
    std::string passphrase = {};  // of the key
};

// A private CA, whose files are removed with it. Throws std::runtime_error.
class Authority {
public:
    // `ends`: seconds from now, of its own certificate.
    explicit Authority(long ends = 3600);
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    // The certificate that others believe.
    [[nodiscard]] std::string file() const { return folder_ + "/ca.pem"; }

    // A certificate with a key of its own, for servers and clients alike.
    [[nodiscard]] IdentityFiles issue(const Wanted& wanted = {});

    // A folder for files of the test's own, removed with this.
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    struct Identity;

    [[nodiscard]] std::unique_ptr<Identity> make(const Wanted& wanted, const Identity* issuer);

    std::string folder_;
    int issued_ = 0;
    std::unique_ptr<Identity> root_;
};

}  // namespace rollcall::tests
