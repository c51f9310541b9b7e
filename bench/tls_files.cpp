#include "tls_files.h"

#include "support/certificates.h"

namespace rollcall::bench {

const TlsFiles& tls_files() {
    static rollcall::tests::Authority authority;
    static const TlsFiles files = [] {
        const rollcall::tests::IdentityFiles identity = authority.issue();
        return TlsFiles{authority.file(), identity.certificate, identity.key};
    }();
    return files;
}

}  // namespace rollcall::bench
