# The shop.
{ pkgs ? import <nixpkgs> { }, lib, ... }:

let
  version = "1.0";

  # Makes a package.
  mkShop = { name, src }: pkgs.stdenv.mkDerivation {
    inherit name src;
    buildInputs = [ pkgs.openssl ];
  };

  double = x: x * 2;
in
{
  inherit version;

  shop = mkShop {
    name = "shop";
    src = ./.;
  };

  # How it runs.
  services.shop = {
    enable = true;
    port = 8080;
  };

  services.shop.user = "shop";

  overlay = final: prev: {
    shop = final.callPackage ./shop.nix { };
  };

  "quoted-name" = [ 1 2 ];
}
