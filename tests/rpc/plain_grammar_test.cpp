// The grammar that judges what plain peers are sent must itself tell right from wrong.
#include "plain_grammar.h"

#include <gmock/gmock.h>

namespace rollcall::rpc::tests {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kAsked = "\x94\x00\x07\xa3"s + "add\x90";  // request 7

std::vector<std::string> of_server(const std::string& said) {
    return offences(Speaker::server, said, kAsked);
}

TEST(PlainGrammar, HasRequestsResponsesAndNotifications) {
    const std::string said = "\x94\x01\x07\xc0\x03"s + "\x94\x00\x01\xa3"s + "add\x92\x01\x02" +
                             "\x93\x02\xa4" + "note\x90";
    EXPECT_THAT(of_server(said), IsEmpty());
    EXPECT_THAT(of_server("\x94\x01\x07\xa2no\xc0"s), IsEmpty()) << "an error is a string";
    const Spoken spoken = count(said);
    EXPECT_EQ(spoken.requests, 1);
    EXPECT_EQ(spoken.responses, 1);
    EXPECT_EQ(spoken.notifications, 1);
    EXPECT_EQ(spoken.errors, 0);
}

TEST(PlainGrammar, HasNoMetadataAndNoStructuredErrors) {
    EXPECT_THAT(of_server("\x95\x01\x07\xc0\x03\x80"s), ElementsAre(HasSubstr("5 elements")));
    EXPECT_THAT(
        of_server("\x94\x01\x07\x93\xa1x\xa1y\xc0\xc0"s), ElementsAre(HasSubstr("no string"))
    );
    EXPECT_THAT(of_server("\x94\x01\x07\xa1x\x01"s), ElementsAre(HasSubstr("and a result")));
    EXPECT_THAT(of_server("\x94\x03\x07\xc0\xc0"s), ElementsAre(HasSubstr("another type")));
    EXPECT_THAT(of_server("\x93\x02\xa1x\xc0"s), ElementsAre(HasSubstr("no array")));
    EXPECT_THAT(of_server("\x93\x02\xc4\x01x\x90"s), ElementsAre(HasSubstr("no string")));
    EXPECT_THAT(of_server("\x94\x01\xff\xc0\xc0"s), ElementsAre(HasSubstr("32-bit id")));
    EXPECT_THAT(of_server("\xc0"s), ElementsAre(HasSubstr("no array")));
    EXPECT_THAT(of_server("\x94\x01\x07\xc0"s), ElementsAre(HasSubstr("no whole value")));
}

TEST(PlainGrammar, HasOneAnswerToEachRequest) {
    EXPECT_THAT(of_server("\x94\x01\x08\xc0\xc0"s), ElementsAre(HasSubstr("not asked")));
    const std::string answer = "\x94\x01\x07\xc0\xc0"s;
    EXPECT_THAT(of_server(answer + answer), ElementsAre(HasSubstr("twice")));
}

TEST(PlainGrammar, HasOnlyTheHelloOfWhatIsReserved) {
    const std::string hello = "\x94\x00\x01\xa7$/hello\x90"s;
    EXPECT_THAT(offences(Speaker::client, hello, ""), IsEmpty());
    EXPECT_THAT(offences(Speaker::server, hello, ""), ElementsAre(HasSubstr("not agreed on")));
    EXPECT_THAT(
        offences(Speaker::client, hello + hello, ""), ElementsAre(HasSubstr("message 2 is $/hello"))
    );
    EXPECT_THAT(
        of_server("\x93\x02\xa8$/goaway\x90"s), ElementsAre(HasSubstr("is $/goaway, not agreed"))
    );
}

}  // namespace
}  // namespace rollcall::rpc::tests
