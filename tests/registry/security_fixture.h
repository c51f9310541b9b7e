#pragma once
// A registry with tokens and a certificate, for the tests of both its ends.

#include <rollcall/registry/access_options.h>

#include "registry/quiet_registry.h"
#include "support/certificates.h"
#include "support/kept_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace rollcall::registry::tests {

class SecureRegistry : public ::testing::Test {
protected:
    static constexpr const char* kReader = "look-only-1";
    static constexpr const char* kWriter = "may-change-1";

    SecureRegistry() { write_tokens("read look-only-1\nwrite may-change-1\n"); }

    void write_tokens(const std::string& text) const { std::ofstream{token_file()} << text; }

    [[nodiscard]] std::string token_file() const { return authority.folder() + "/tokens"; }

    [[nodiscard]] RegistryServerOptions guarded() const {
        RegistryServerOptions options = quiet();
        options.ttl = std::chrono::milliseconds{300};
        options.ttl_min = std::chrono::milliseconds{100};
        options.token_file = token_file();
        options.log = kept.log();
        return options;
    }

    [[nodiscard]] RegistryServerOptions encrypted() const {
        RegistryServerOptions options = guarded();
        options.tls = {identity.certificate, identity.key, ""};
        return options;
    }

    // What a client with that token gives, who believes the authority.
    [[nodiscard]] AccessOptions with(const std::string& token) const {
        return {token, {authority.file(), "", ""}};
    }

    rollcall::tests::Authority authority;
    rollcall::tests::IdentityFiles identity = authority.issue();
    rollcall::tests::KeptLog kept;
};

}  // namespace rollcall::registry::tests
