#pragma once
// Certificates of this run, for contenders that encrypt.

#include <string>

namespace rollcall::bench {

struct TlsFiles {
    std::string authority;
    std::string certificate;  // for 127.0.0.1; an elliptic curve's, P-256
    std::string key;
};

// Made when first asked for, which must be before the server is forked; removed at the end.
[[nodiscard]] const TlsFiles& tls_files();

}  // namespace rollcall::bench
