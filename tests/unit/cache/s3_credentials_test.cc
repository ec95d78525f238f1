// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_credentials.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <memory>
#include <string>
#include <vector>

#include "../http/temp_directory.h"
#include "log_lines.h"

namespace fce {
namespace {

using From = S3CredentialOptions::From;

constexpr const char* kVariables[] = {"AWS_ACCESS_KEY_ID",           "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN",           "AWS_PROFILE",
                                      "AWS_SHARED_CREDENTIALS_FILE", "HOME"};

// The environment of one test; what was there before is there again afterwards.
class Environment {
 public:
  Environment() {
    for (const char* name : kVariables) {
      const char* value = getenv(name);
      before_.push_back(value ? std::make_unique<std::string>(value) : nullptr);
      unsetenv(name);
    }
  }
  ~Environment() {
    for (size_t i = 0; i < before_.size(); ++i) {
      if (before_[i])
        setenv(kVariables[i], before_[i]->c_str(), 1);
      else
        unsetenv(kVariables[i]);
    }
  }
  void set(const char* name, const std::string& value) const { setenv(name, value.c_str(), 1); }

 private:
  std::vector<std::unique_ptr<std::string>> before_;
};

std::string text_of(const AwsCredentials& credentials) {
  return credentials.key_id + "|" + credentials.secret + "|" + credentials.session_token;
}

// What a file says for a profile, or the sentence that says why not.
std::string parsed(std::string_view text, std::string_view profile = "default") {
  AwsCredentials credentials;
  if (parse_shared_credentials(text, profile, &credentials) != Status::ok) return last_error();
  return text_of(credentials);
}

std::string made(const S3CredentialOptions& options) {
  std::unique_ptr<S3Credentials> credentials;
  if (S3Credentials::make(options, &credentials) != Status::ok)
    return std::string("error: ") + last_error();
  const auto current = credentials->current(0);
  return current ? text_of(*current) : "unsigned";
}

S3CredentialOptions options_from(From from) {
  S3CredentialOptions options;
  options.from = from;
  return options;
}

}  // namespace

TEST_CASE("a shared file is read by profiles") {
  const std::string file =
      "# mine\n"
      "[default]\n"
      "aws_access_key_id = AKIDEFAULT\n"
      "aws_secret_access_key=abc/+=def\n"
      "region = eu-west-1\n"
      "\n"
      "; hers\r\n"
      "  [ work ]  \r\n"
      "AWS_ACCESS_KEY_ID=AKIWORK  # her key\r\n"
      "aws_secret_access_key =   s#e;cret\r\n"
      "aws_session_token = tok=en==\r\n"
      "[profile other]\n"
      "aws_access_key_id = AKIOTHER\n"
      "aws_secret_access_key = o";
  CHECK(parsed(file) == "AKIDEFAULT|abc/+=def|");
  CHECK(parsed(file, "work") == "AKIWORK|s#e;cret|tok=en==");
  CHECK(parsed(file, "other") == "AKIOTHER|o|");
  CHECK(parsed(file, "none") == "there is no profile \"none\"");
}

TEST_CASE("a profile that comes twice takes nothing from the first") {
  CHECK(parsed("[a]\naws_access_key_id=1\naws_secret_access_key=2\naws_session_token=3\n"
               "[b]\naws_access_key_id=x\n[a]\naws_access_key_id=4\naws_secret_access_key=5\n",
               "a") == "4|5|");
}

TEST_CASE("a line that is none of those is named by its number only") {
  CHECK(parsed("[default]\nTHESECRET\n") == "line 2 is not NAME = VALUE");
  CHECK(parsed("\n\n[default\n") == "line 3 is no [profile]");
  CHECK(parsed("[]\n") == "line 1 is no [profile]");
  CHECK(parsed("") == "there is no profile \"default\"");
}

TEST_CASE("credentials that would break a request are refused") {
  const auto check = [](const std::string& id, const std::string& secret,
                        const std::string& token = "") {
    return check_credentials({id, secret, token}) == Status::ok;
  };
  CHECK(check("AKID", "secret"));
  CHECK(check("test:tester", "testing", "token+/=="));
  CHECK(!check("", "secret"));
  CHECK(!check("AKID", ""));
  CHECK(!check("AK/ID", "secret"));
  CHECK(!check("AK,ID", "secret"));
  CHECK(!check("AK\nID", "secret"));
  CHECK(!check("AKID", "sec ret"));
  CHECK(!check("AKID", "sec\r\nret"));
  CHECK(!check("AKID", "secret", "to\nken"));
  CHECK(!check(std::string(129, 'a'), "secret"));
  CHECK(!check("AKID", std::string(513, 'a')));
  CHECK(!check("AKID", "secret", std::string(8193, 'a')));
  CHECK(check(std::string(128, 'a'), std::string(512, 'a'), std::string(8192, 'a')));
}

TEST_CASE("a key id of the configuration has its secret in a file, which is followed") {
  const TempDirectory temp;
  temp.write("secret", "first\n");
  S3CredentialOptions options = options_from(From::configuration);
  options.key_id = "AKID";
  options.secret_file = temp.at("secret");
  CHECK(made(options) == "AKID|first|");

  std::unique_ptr<S3Credentials> credentials;
  REQUIRE(S3Credentials::make(options, &credentials) == Status::ok);
  CHECK(credentials->current(1000)->secret == "first");
  temp.write("secret", "second\r\n");
  CHECK(credentials->current(1999)->secret == "first");
  CHECK(credentials->current(2000)->secret == "second");
  temp.write("secret", "two words\n");
  CHECK(credentials->current(4000)->secret == "second");
  temp.write("secret", "third");
  CHECK(credentials->current(6000)->secret == "third");

  options.secret_file = temp.at("none");
  CHECK(made(options).starts_with("error: cannot read "));
  options.secret_file.clear();
  CHECK(made(options) == "error: a key id needs a file with its secret, and the other way");
}

TEST_CASE("the environment is taken as AWS's tools take it") {
  const Environment environment;
  CHECK(made(options_from(From::environment)).starts_with("error: in the environment, "));
  environment.set("AWS_ACCESS_KEY_ID", "AKIENV");
  CHECK(made(options_from(From::environment)).starts_with("error: in the environment, "));
  environment.set("AWS_SECRET_ACCESS_KEY", "s");
  CHECK(made(options_from(From::environment)) == "AKIENV|s|");
  environment.set("AWS_SESSION_TOKEN", "t");
  CHECK(made(options_from(From::environment)) == "AKIENV|s|t");
}

TEST_CASE("by itself it takes the environment, then the shared file") {
  const TempDirectory temp;
  const Environment environment;
  CHECK(made({}) == "error: no file with credentials is named, and HOME is not set");
  environment.set("HOME", temp.path());
  CHECK(made({}) ==
        "error: cannot read " + temp.at(".aws/credentials") + ": No such file or directory");
  temp.write(".aws/credentials",
             "[default]\naws_access_key_id=1\naws_secret_access_key=2\n"
             "[p]\naws_access_key_id=3\naws_secret_access_key=4\n");
  CHECK(made({}) == "1|2|");
  environment.set("AWS_PROFILE", "p");
  CHECK(made({}) == "3|4|");
  S3CredentialOptions options;
  options.profile = "default";
  CHECK(made(options) == "1|2|");
  temp.write("other", "[default]\naws_access_key_id=5\naws_secret_access_key=6\n");
  environment.set("AWS_SHARED_CREDENTIALS_FILE", temp.at("other"));
  CHECK(made(options) == "5|6|");
  options.shared_file = temp.at(".aws/credentials");
  CHECK(made(options) == "1|2|");
  environment.set("AWS_ACCESS_KEY_ID", "7");
  environment.set("AWS_SECRET_ACCESS_KEY", "8");
  CHECK(made(options) == "7|8|");
  options.from = From::shared_file;
  CHECK(made(options) == "1|2|");
  CHECK(made(options_from(From::anonymous)) == "unsigned");
}

TEST_CASE("no secret comes into the log or into an error") {
  const TempDirectory temp;
  const LogLines log;
  const auto broken = [&](const std::string& content) {
    temp.write("shared", content);
    S3CredentialOptions options = options_from(From::shared_file);
    options.shared_file = temp.at("shared");
    return made(options);
  };
  const std::string good = "[default]\naws_access_key_id=AKID\naws_secret_access_key=HUSH1234\n";
  CHECK(broken(good) == "AKID|HUSH1234|");
  std::string errors;
  for (const char* content :
       {"[default]\naws_access_key_id=AKID\naws_secret_access_key=HUSH 1234\n",
        "[default]\naws_access_key_id=AK/ID\naws_secret_access_key=HUSH1234\n",
        "[default]\naws_access_key_id=AKID\naws_secret_access_key HUSH1234\n",
        "[default]\naws_access_key_id=AKID\naws_secret_access_key=HUSH1234\n"
        "aws_session_token=HUSH 99\n"}) {
    errors += broken(content) + "\n";
  }
  CHECK(errors.find("error: ") != std::string::npos);
  CHECK(errors.find("HUSH") == std::string::npos);
  // What was good and then is not, which is logged.
  temp.write("shared", good);
  S3CredentialOptions options = options_from(From::shared_file);
  options.shared_file = temp.at("shared");
  std::unique_ptr<S3Credentials> credentials;
  REQUIRE(S3Credentials::make(options, &credentials) == Status::ok);
  temp.write("shared", "[default]\naws_secret_access_key=HUSH 5678\n");
  CHECK(credentials->current(10'000)->secret == "HUSH1234");
  CHECK(log.has("key_id=AKID"));
  CHECK(log.has("kept as it was"));
  CHECK(!log.has("HUSH"));
}

}  // namespace fce
