#include <rollcall/base/log.h>
#include <rollcall/registry/validation.h>

#include <gmock/gmock.h>

namespace rollcall::registry {
namespace {

using testing::HasSubstr;

Instance valid() {
    Instance instance;
    instance.service = "calculator";
    instance.id = "10.0.0.7:9000";
    instance.address = "10.0.0.7";
    instance.port = 9000;
    return instance;
}

std::string error_of(const Instance& instance) {
    const Result<void> ok = validate(instance);
    return ok ? "" : ok.error().message();
}

// Applies `set` to a valid instance and expects it to be accepted, or refused for `field`.
template <class Set>
void expect_accepted(Set set) {
    Instance instance = valid();
    set(instance);
    EXPECT_EQ(error_of(instance), "");
}

template <class Set>
void expect_refused(const std::string& field, Set set) {
    Instance instance = valid();
    set(instance);
    EXPECT_THAT(error_of(instance), HasSubstr(field));
}

}  // namespace

TEST(Validation, AcceptsAPlainInstance) {
    EXPECT_TRUE(validate(valid()));
}

TEST(Validation, NormalizesServiceNames) {
    EXPECT_EQ(normalized_service("Calc-1.x_Y").value(), "calc-1.x_y");
    EXPECT_TRUE(normalized_service(std::string(63, 'a')));
    EXPECT_TRUE(normalized_service(std::string(64, 'a')));
    for (const std::string& bad :
         {std::string{},
          std::string(65, 'a'),
          std::string{"a b"},
          std::string{"a/b"},
          std::string{"\xc3\xa9"},
          std::string{"a\n"},
          std::string{"."},
          std::string{".."},
          std::string(1, '\0')}) {
        EXPECT_FALSE(normalized_service(bad)) << printable(bad);
    }
    EXPECT_TRUE(normalized_service("..."));
    expect_refused("lower case", [](Instance& i) { i.service = "Calculator"; });
}

TEST(Validation, RefusesIdsThatAreAnotherPlaceInAUrl) {
    for (const char* bad : {".", ".."})
        expect_refused("another place", [&](Instance& i) { i.id = bad; });
    for (const char* good : {"...", ".a", "a/../b"})
        expect_accepted([&](Instance& i) { i.id = good; });
}

TEST(Validation, ChecksAddresses) {
    for (const char* good : {"10.0.0.7", "::1", "fe80::1", "node-1.example", "localhost", "n1"}) {
        expect_accepted([&](Instance& i) { i.address = good; });
    }
    for (const char* bad :
         {"",
          "0.0.0.0",
          "::",
          "0:0::0",
          "::ffff:0.0.0.0",
          "0",
          "127.1",
          "0x7f.0.0.0x1",
          "999.1.1.1",
          "a b",
          "[::1]",
          "-x",
          "h\xc3\xb6st",
          "a:1"}) {
        expect_refused("address", [&](Instance& i) { i.address = bad; });
    }
    expect_refused("port", [](Instance& i) { i.port = 0; });
    expect_accepted([](Instance& i) { i.port = 1; });
    expect_accepted([](Instance& i) { i.port = 65535; });
}

TEST(Validation, TakesUnixDomainSocketsWithoutAPort) {
    Instance instance = valid();
    instance.address = "unix:/run/x.sock";
    instance.port = 0;
    instance.id = instance.address;
    EXPECT_EQ(error_of(instance), "");
    instance.address = "unix:@name";
    EXPECT_EQ(error_of(instance), "");
    instance.port = 1;
    EXPECT_THAT(error_of(instance), HasSubstr("has no port"));
    instance.port = 0;
    for (const char* const wrong : {"unix:", "unix:x", "unix:/a b", "unix:/a/"}) {
        instance.address = wrong;
        EXPECT_NE(error_of(instance), "") << wrong;
    }
}

TEST(Validation, LimitsTextsAtTheByte) {
    for (std::size_t bytes : {1U, 254U, 255U}) {
        expect_accepted([&](Instance& i) { i.id = std::string(bytes, 'x'); });
    }
    expect_refused("id", [](Instance& i) { i.id = std::string(256, 'x'); });
    expect_refused("id", [](Instance& i) { i.id.clear(); });
    expect_refused("id", [](Instance& i) { i.id = "a\r\nb"; });
    const std::pair<const char*, std::string Instance::*> labels[] = {
        {"zone", &Instance::zone},
        {"version", &Instance::version},
        {"incarnation", &Instance::incarnation}};
    for (const auto& [name, label] : labels) {
        for (std::size_t bytes : {0U, 63U, 64U})
            expect_accepted([&](Instance& i) { i.*label = std::string(bytes, 'z'); });
        expect_refused(name, [&](Instance& i) { i.*label = std::string(65, 'z'); });
    }
    expect_accepted([](Instance& i) { i.scheme = std::string(15, 's'); });
    expect_accepted([](Instance& i) { i.scheme = std::string(16, 's'); });
    expect_refused("scheme", [](Instance& i) { i.scheme = std::string(17, 's'); });
    expect_refused("scheme", [](Instance& i) { i.scheme = ""; });
}

TEST(Validation, LimitsTags) {
    expect_accepted([](Instance& i) { i.tags.assign(63, std::string(127, 't')); });
    expect_accepted([](Instance& i) { i.tags.assign(64, std::string(128, 't')); });
    expect_refused("tags", [](Instance& i) { i.tags.assign(65, "t"); });
    expect_refused("tag", [](Instance& i) { i.tags = {std::string(129, 't')}; });
    expect_refused("tag", [](Instance& i) { i.tags = {""}; });
}

TEST(Validation, LimitsWhatOnlyTheEurekaFaceKnows) {
    expect_accepted([](Instance& i) { i.eureka = std::string(8191, 'e'); });
    expect_accepted([](Instance& i) { i.eureka = std::string(8192, 'e'); });
    expect_refused("8193 bytes", [](Instance& i) { i.eureka = std::string(8193, 'e'); });
}

TEST(Validation, LimitsMeta) {
    const auto fill = [](Instance& i, int keys) {
        for (int k = 0; k < keys; ++k)
            i.meta["k" + std::to_string(k)] = "v";
    };
    expect_accepted([&](Instance& i) { fill(i, 63); });
    expect_accepted([&](Instance& i) { fill(i, 64); });
    expect_refused("65 keys", [&](Instance& i) { fill(i, 65); });
    expect_accepted([](Instance& i) { i.meta[std::string(127, 'k')] = std::string(1023, 'v'); });
    expect_accepted([](Instance& i) { i.meta[std::string(128, 'k')] = std::string(1024, 'v'); });
    expect_refused("129 bytes", [](Instance& i) { i.meta[std::string(129, 'k')] = ""; });
    expect_refused("1025 bytes", [](Instance& i) { i.meta["k"] = std::string(1025, 'v'); });
    expect_refused("meta key is empty", [](Instance& i) { i.meta[""] = "v"; });
    expect_refused("control characters", [](Instance& i) { i.meta["k\x01"] = ""; });
    expect_refused("control characters", [](Instance& i) { i.meta["k"] = "\xff"; });
}

TEST(Validation, LimitsWeightAndLease) {
    expect_accepted([](Instance& i) { i.weight = 0; });
    expect_accepted([](Instance& i) { i.weight = 1; });
    expect_accepted([](Instance& i) { i.weight = kMaxWeight - 1; });
    expect_accepted([](Instance& i) { i.weight = kMaxWeight; });
    expect_refused("weight", [](Instance& i) { i.weight = kMaxWeight + 1; });
    expect_refused("weight", [](Instance& i) { i.weight = -1; });
    using std::chrono::milliseconds;
    expect_accepted([](Instance& i) { i.ttl = milliseconds{2000}; });
    expect_accepted([](Instance& i) { i.ttl = milliseconds{2001}; });
    expect_accepted([](Instance& i) { i.ttl = milliseconds{599'999}; });
    expect_accepted([](Instance& i) { i.ttl = milliseconds{600'000}; });
    expect_refused("ttl is 1.999 s", [](Instance& i) { i.ttl = milliseconds{1999}; });
    expect_refused("2 to 600 s", [](Instance& i) { i.ttl = milliseconds{600'001}; });
    Instance quick = valid();
    quick.ttl = milliseconds{300};
    EXPECT_TRUE(validate(quick, {.ttl_min = milliseconds{300}}));
}

TEST(Validation, KnowsCleanText) {
    for (const char* good : {"", "plain", "\xc3\xa9", "\xe5\xae\x9e", "\xf0\x9f\x98\x80"}) {
        EXPECT_TRUE(is_clean_text(good)) << printable(good);
    }
    for (const char* bad :
         {"\x01",
          "\x7f",
          "\xc2\x85",
          "\xc3",
          "\xc0\xaf",
          "\xe0\x80\x80",
          "\xed\xa0\x80",
          "\xf4\x90\x80\x80",
          "\xff",
          "\xf0\x80\x80\x80",
          "a\xe5\xae"}) {
        EXPECT_FALSE(is_clean_text(bad)) << printable(bad);
    }
}

}  // namespace rollcall::registry
