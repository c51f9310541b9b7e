#include "openers.h"
#include "redis_registry.h"

namespace rollcall::registry {

Result<Connection> open_redis(std::string_view url, const AccessOptions& access) {
    const auto options = redis_options(url, access);
    if (!options) return options.error();
    Connection connection;
    connection.announcer = std::make_unique<RedisAnnouncer>(*options);
    connection.source = std::make_unique<RedisSource>(*options);
    return connection;
}

}  // namespace rollcall::registry
