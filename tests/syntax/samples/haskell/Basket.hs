{-# LANGUAGE GADTs #-}
-- | A basket.
module Shop.Basket
  ( Basket (..)
  , add
  ) where

import qualified Data.Map as Map

type Price = Int

-- | What one buys.
data Basket a
  = Empty
  | Basket { items :: [a], owner :: String }
  deriving (Show)

newtype Name = Name { unName :: String }

data Expr a where
  Lit :: Int -> Expr Int
  Add :: Expr Int -> Expr Int -> Expr Int

-- | Has a price.
class Show a => Priced a where
  type Unit a
  price :: a -> Price
  price _ = 0

instance Priced Name where
  price n = length (unName n)

type family Elem c where
  Elem [e] = e

-- | Adds an item.
add :: a -> Basket a -> Basket a
add x Empty = Basket [x] ""
add x (Basket xs o)
  | null xs = Basket [x] o
  | otherwise = Basket (x : xs) o
  where
    helper y = y

total, rest :: Int
total = 1
rest = 2

(<+>) :: Int -> Int -> Int
a <+> b = a + b

untyped n = n * 2

infixl 6 <+>

foreign import ccall "sin" c_sin :: Double -> Double

main :: IO ()
main = do
  let local = 1
  print local
