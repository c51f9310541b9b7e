#pragma once
// A program in a terminal of its own.

#include <rollcall/base/clock.h>

#include "support/eventually.h"
#include "support/process.h"

#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <pty.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>
#include <vector>

namespace rollcall::tests {

// Standard input, output and errors are the terminal. Not for several threads.
class Terminal {
public:
    Terminal(std::vector<std::string> command, unsigned short lines, unsigned short columns) {
        std::vector<char*> words;
        for (std::string& word : command)
            words.push_back(word.data());
        words.push_back(nullptr);
        const winsize size{lines, columns, 0, 0};
        int inside = -1;
        if (::openpty(&master_, &inside, nullptr, nullptr, &size) != 0)
            throw std::runtime_error{"no terminal"};
        ::tcgetattr(master_, &before_);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(master_);
            ::login_tty(inside);
            ::execv(words[0], words.data());
            ::_exit(127);
        }
        // This end is kept open: what was written last can be read, and the settings seen, after
        // the program's end.
        inside_ = inside;
        ::fcntl(master_, F_SETFL, O_NONBLOCK);
    }

    ~Terminal() {
        if (pid_ > 0 && !ended_) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(inside_);
        ::close(master_);
    }

    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // All that was written to it so far.
    [[nodiscard]] const std::string& written() {
        char bytes[4096];
        for (ssize_t n = 0; (n = ::read(master_, bytes, sizeof bytes)) > 0;)
            written_.append(bytes, static_cast<std::size_t>(n));
        return written_;
    }

    [[nodiscard]] bool shows(const std::string& text) {
        return eventually([&] { return written().find(text) != std::string::npos; });
    }

    void type(const std::string& keys) const {
        if (::write(master_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
            throw std::runtime_error{"the terminal does not take what is typed"};
    }

    // How the program ended; it must end soon.
    [[nodiscard]] ExitStatus wait() {
        int status = 0;
        ended_ = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
        if (!ended_) throw std::runtime_error{"it does not end; it wrote: " + written()};
        if (WIFEXITED(status)) return {WEXITSTATUS(status), 0};
        return {-1, WTERMSIG(status)};
    }

    // Whether echo, line editing and the like are as they were before the program began.
    [[nodiscard]] bool is_as_before() const {
        termios now{};
        ::tcgetattr(master_, &now);
        return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
               now.c_oflag == before_.c_oflag;
    }

private:
    int master_ = -1;
    int inside_ = -1;
    pid_t pid_ = -1;
    bool ended_ = false;
    termios before_{};
    std::string written_;
};

}  // namespace rollcall::tests
