#include <string>

namespace geo::detail {

// Anything with an area.
class Shape {
 public:
  explicit Shape(std::string name) : name_(std::move(name)) {}
  virtual ~Shape() = default;
  virtual double area() const = 0;
  const std::string& name() const { return name_; }
  bool operator==(const Shape& other) const;
  static Shape* make(int kind);
  operator bool() const { return true; }

  enum class Kind { Round, Square };
  struct Options {
    int precision = 2;
  };

 private:
  std::string name_;
  int *data_, size_;
};

template <typename T, int N = 3>
struct Vector {
  T items[N];
  T& at(int i);
};

template <typename T, int N>
T& Vector<T, N>::at(int i) {
  return items[i];
}

bool Shape::operator==(const Shape& other) const {
  return name_ == other.name_;
}

Shape* Shape::make(int kind) {
  auto local = [](int x) { return x; };
  return nullptr;
}

template <class T>
T twice(T value) {
  return value + value;
}

using Name = std::string;

}  // namespace geo::detail

int geo::detail::Other::method(int a) { return a; }

static const int kLimit = 3;

extern "C" {
int plain(void);
}

int main(int argc, char** argv) {
  return 0;
}
