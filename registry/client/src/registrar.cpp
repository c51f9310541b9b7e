#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>

#include "or_throw.h"
#include "registrar_loop.h"

#include <utility>

namespace rollcall::registry {

std::string_view name_of(RegistrarState state) noexcept {
    switch (state) {
        case RegistrarState::starting:
            return "starting";
        case RegistrarState::registered:
            return "registered";
        case RegistrarState::retrying:
            return "retrying";
        case RegistrarState::replaced:
            return "replaced";
        case RegistrarState::stopped:
            return "stopped";
    }
    return "unknown";
}

Registrar::Registrar(std::string_view registry_url, const RegistrarOptions& options)
    : Registrar(or_throw(connect(registry_url, options.access)), options) {
}

Registrar::Registrar(Connection connection, RegistrarOptions options)
    : loop_(std::make_shared<Loop>(std::move(connection), std::move(options))) {
    Loop::start(loop_);
}

Registrar::~Registrar() {
    Loop::release(std::move(loop_));
}

void Registrar::set_status(Status status) {
    loop_->set_status(status);
}

RegistrarState Registrar::state() const {
    return loop_->state();
}

Result<void> Registrar::wait_registered(Deadline deadline) const {
    return loop_->wait_registered(deadline);
}

Instance Registrar::instance() const {
    return loop_->instance();
}

void Registrar::stop() {
    loop_->stop();
}

}  // namespace rollcall::registry
