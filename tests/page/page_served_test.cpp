// GET /: the text, and the headers that keep hostile data from becoming part of it.

#include "registry/center_curl.h"
#include "registry/quiet_registry.h"

#include <gmock/gmock.h>

#include <regex>
#include <string>

namespace rollcall::registry {
namespace {

using testing::HasSubstr;
using testing::Not;
using tests::curl;

class PageServed : public testing::Test {
protected:
    PageServed() : registry_(tests::quiet()) { registry_.start(); }

    [[nodiscard]] tests::CurlAnswer get(const std::string& arguments = "") const {
        return curl(arguments + " " + registry_.url() + "/");
    }

    RegistryServer registry_;
};

TEST_F(PageServed, IsOneTextWithoutAnythingFromElsewhere) {
    const auto answer = get();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(answer.body, testing::StartsWith("<!doctype html>"));
    EXPECT_THAT(answer.body, testing::EndsWith("</html>\n"));
    for (const char* const placeholder : {"@STYLE@", "@SCRIPT@"})
        EXPECT_THAT(answer.body, Not(HasSubstr(placeholder)));
    // No reference but the icon, which is in the page, and relative ones.
    const std::regex elsewhere{R"((src|href|action)\s*=\s*["']?(https?:|//)|@import|url\()"};
    EXPECT_FALSE(std::regex_search(answer.body, elsewhere));
}

TEST_F(PageServed, NeverMakesHtmlOfText) {
    const std::string page = get().body;
    for (const char* const way :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("})
        EXPECT_THAT(page, Not(HasSubstr(way)));
    EXPECT_FALSE(std::regex_search(page, std::regex{R"(<[^>]*\son[a-z]+\s*=)"}));
    EXPECT_FALSE(std::regex_search(page, std::regex{R"(<[^>]*\sstyle\s*=)"}));
}

TEST_F(PageServed, AllowsItsOwnScriptAndStyleOnly) {
    const auto answer = get();
    const std::string policy = answer.header("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_TRUE(std::regex_search(policy, std::regex{"script-src 'sha256-[A-Za-z0-9+/]{43}='"}));
    EXPECT_TRUE(std::regex_search(policy, std::regex{"style-src 'sha256-[A-Za-z0-9+/]{43}='"}));
    EXPECT_THAT(policy, HasSubstr("connect-src 'self'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, HasSubstr("require-trusted-types-for 'script'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
}

TEST_F(PageServed, IsNotSentTwiceToWhoHasIt) {
    const std::string etag = get().header("ETag");
    EXPECT_TRUE(std::regex_match(etag, std::regex{"\"[0-9a-f]{16}\""})) << etag;
    for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string{"*"}}) {
        const auto answer = get("-H 'If-None-Match: " + known + "'");
        EXPECT_EQ(answer.status, 304) << known;
        EXPECT_EQ(answer.header("ETag"), etag);
        EXPECT_EQ(answer.body, "");
    }
    EXPECT_EQ(get("-H 'If-None-Match: \"0123456789abcdef\"'").status, 200);
}

TEST_F(PageServed, AnswersHeadAndNothingElse) {
    const auto head = get("-I");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), std::to_string(get().body.size()));
    EXPECT_EQ(head.body, "");
    const auto post = get("-X POST -d x");
    EXPECT_EQ(post.status, 405);
    EXPECT_EQ(post.header("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace rollcall::registry
