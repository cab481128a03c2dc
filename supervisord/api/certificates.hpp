// The certificate, key and client authorities of one TLS server, read from their files. Reads
// files, holds nothing open.
#pragma once

#include <array>
#include <string>

#include "common/error.hpp"
#include "supervisord/api/file_stamp.hpp"

namespace supervisord::api {

struct CertificateFiles {
  std::string certificate;  // "": no TLS
  std::string key;
  std::string client_ca;  // "": no client certificates
};

/// PEM texts.
struct Certificates {
  std::string certificate;
  std::string key;
  std::string client_ca;
};

/// Errors: one line that names the file: not there, no PEM, a key that is not the certificate's
/// (as between the two writes of a renewal). That it has expired is no error: clients see it.
common::Result<Certificates> read_certificates(const CertificateFiles& files);

using CertificateStamp = std::array<FileStamp, 3>;
CertificateStamp stamp_of(const CertificateFiles& files);

}  // namespace supervisord::api
