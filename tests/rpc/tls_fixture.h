#pragma once
// Servers and clients that speak TLS, with certificates of the test's own.

#include "server_harness.h"
#include "support/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc::tests {

using rollcall::tests::Authority;
using rollcall::tests::IdentityFiles;

class TlsFixture : public ::testing::Test {
protected:
    [[nodiscard]] static ServerOptions serving(const IdentityFiles& shown) {
        ServerOptions options;
        options.tls = {shown.certificate, shown.key, ""};
        return options;
    }

    [[nodiscard]] ServerOptions serving() const { return serving(identity); }

    // Serves only clients with a certificate of the same authority.
    [[nodiscard]] ServerOptions serving_known() const {
        ServerOptions options = serving();
        options.tls.client_ca_file = authority.file();
        return options;
    }

    // Of a client that believes the authority, and shows a certificate if there is one.
    [[nodiscard]] ClientOptions believing(const IdentityFiles& shown = {}) const {
        ClientOptions options;
        options.tls = tls::ClientOptions{authority.file(), shown.certificate, shown.key};
        // Not what is tested, and a busy machine takes its time.
        options.connect_timeout = std::chrono::seconds{10};
        return options;
    }

    [[nodiscard]] static Result<int> call_add(const Endpoint& endpoint, ClientOptions options) {
        Client client{endpoint, std::move(options)};
        return client.call(invoke<int>("add", 1, 2).within(std::chrono::seconds{20}));
    }

    // Why it has failed; empty if it has not.
    [[nodiscard]] static std::string error_of(const Result<int>& result) {
        return result ? std::string{} : result.error().message();
    }

    Authority authority;
    IdentityFiles identity = authority.issue();
};

}  // namespace rollcall::rpc::tests
