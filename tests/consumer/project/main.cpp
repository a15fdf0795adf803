// Somebody else's program: it compiles, links and runs against what was installed.
#include <cerk/cerk.hpp>

#include <iostream>

int main() {
  std::cout << "ok\n";
}
