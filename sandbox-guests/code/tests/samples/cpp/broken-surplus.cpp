#pragma once
#include <cstdio>
#include <utility>

class File final {
    std::FILE* handle_ = nullptr;

public:
    File(const char* path, const char* mode) : handle_(std::fopen(path, mode)) {}
    File(const File&) = delete;
    File(File&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    File& operator=(File&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    }
    ~File() {
        if (handle_ != nullptr) std::fclose(handle_);
    }
    explicit operator bool() const { return handle_ != nullptr; }
};
