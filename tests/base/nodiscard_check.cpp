// Does not compile where ignoring a result is an error: the test that runs the compiler expects it.
#include <rollcall/base/result.h>

namespace rollcall {

Result<int> number();
Result<void> nothing();

void ignore_both() {
    number();
    nothing();
}

}  // namespace rollcall
