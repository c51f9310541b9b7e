#include "redis_failure.h"

#include <rollcall/base/log.h>

namespace rollcall::registry {
namespace {

struct Remedy {
    std::string_view start;  // of the answer
    std::string_view what;
};

constexpr std::string_view kCluster =
    "this is a node of a Redis Cluster, which is not supported: name a Redis that stands alone or "
    "has replicas";

// The first that fits.
constexpr Remedy kRemedies[] = {
    {"NOAUTH", "give the password: redis://:password@host or redis://user:password@host"},
    {"WRONGPASS", "the user or the password of the URL is wrong"},
    {"ERR invalid password", "the password of the URL is wrong"},
    {"ERR AUTH", "this Redis has no password: leave it out of the URL"},
    {"ERR Client sent AUTH", "this Redis has no password: leave it out of the URL"},
    {"ERR wrong number of arguments for 'auth'", "Redis before 6 has no users: :password@host"},
    {"NOPERM",
     "the user needs ACL rights on the prefix: ~rollcall:* &rollcall:* +eval +@read +@write "
     "+@pubsub +time"},
    {"LOADING", "it is still reading its data and will answer when that is done"},
    {"READONLY", "this is a replica: name the primary, or all of them as redis://a:6379,b:6379"},
    {"MASTERDOWN", "this replica has lost its primary: name the primary"},
    {"MOVED", kCluster},
    {"ASK", kCluster},
    {"CROSSSLOT", kCluster},
    {"CLUSTERDOWN", kCluster},
    {"DENIED", "it is in protected mode: give it a password, and use that in the URL"},
    {"WRONGTYPE", "something else uses this key: choose another ?prefix="},
    {"MISCONF", "it refuses writes because it cannot save to its disk: see its log"},
    {"OOM", "its memory is full: raise maxmemory"},
    {"BUSY", "a script of somebody else keeps it busy: SCRIPT KILL"},
    {"ERR max number of clients", "raise its maxclients"},
    {"ERR DB index", "it has fewer databases: the path of the URL is the number of one"},
    {"ERR unknown command", "Redis 5 or later is needed"},
};

// Redis before 7 wraps what a script ran into: "ERR Error running script (...): ... -OOM ...".
std::string_view unwrapped(std::string_view answer) {
    const auto inner = answer.rfind(": -");
    if (answer.starts_with("ERR Error running script") && inner != std::string_view::npos)
        answer.remove_prefix(inner + 3);
    return answer;
}

// " (what to do)"; nothing if that is not known.
std::string remedy_for(std::string_view answer) {
    for (const Remedy& remedy : kRemedies) {
        if (!answer.starts_with(remedy.start)) continue;
        std::string text = " (";
        text += remedy.what;
        return text + ")";
    }
    return {};
}

}  // namespace

std::string explain_redis_error(std::string_view answer) {
    return printable(answer) + remedy_for(unwrapped(answer));
}

std::string explain_refused_login(std::string_view answer) {
    return printable(answer.substr(0, answer.find(' '))) + remedy_for(answer);
}

bool is_of_replica(std::string_view answer) {
    const std::string_view inner = unwrapped(answer);
    return inner.starts_with("READONLY") || inner.starts_with("MASTERDOWN");
}

}  // namespace rollcall::registry
