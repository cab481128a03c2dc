#include "supervisord/api/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace supervisord::api {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

common::Result<std::string> read_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  if (!stream.is_open()) return common::system_error("cannot read " + path, errno);
  std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (stream.bad() || text.empty())
    return common::Error{common::Errc::bad_value, "nothing can be read from " + path};
  return text;
}

Owned<BIO> bio_of(const std::string& text) {
  return Owned<BIO>{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

Owned<X509> certificate_of(const std::string& text) {
  return Owned<X509>{PEM_read_bio_X509(bio_of(text).get(), nullptr, nullptr, nullptr)};
}

/// Never asks for a pass phrase.
Owned<EVP_PKEY> key_of(const std::string& text) {
  const auto no_phrase = [](char*, int, int, void*) { return -1; };
  return Owned<EVP_PKEY>{PEM_read_bio_PrivateKey(bio_of(text).get(), nullptr, no_phrase, nullptr)};
}

common::Error refuse(const std::string& text) {
  ERR_clear_error();
  return {common::Errc::bad_value, text};
}

}  // namespace

common::Result<Certificates> read_certificates(const CertificateFiles& files) {
  auto certificate = read_file(files.certificate);
  if (!certificate) return certificate.error();
  auto key = read_file(files.key);
  if (!key) return key.error();
  Certificates out{*std::move(certificate), *std::move(key), ""};
  const auto parsed = certificate_of(out.certificate);
  if (!parsed) return refuse("no certificate in PEM form in " + files.certificate);
  const auto parsed_key = key_of(out.key);
  if (!parsed_key) return refuse("no key in PEM form without a pass phrase in " + files.key);
  if (X509_check_private_key(parsed.get(), parsed_key.get()) != 1) {
    return refuse("the key in " + files.key + " is not that of the certificate in " +
                  files.certificate);
  }
  if (files.client_ca.empty()) return out;
  auto client_ca = read_file(files.client_ca);
  if (!client_ca) return client_ca.error();
  out.client_ca = *std::move(client_ca);
  if (!certificate_of(out.client_ca))
    return refuse("no certificate in PEM form in " + files.client_ca);
  return out;
}

CertificateStamp stamp_of(const CertificateFiles& files) {
  return {FileStamp::of(files.certificate), FileStamp::of(files.key),
          FileStamp::of(files.client_ca)};
}

}  // namespace supervisord::api
