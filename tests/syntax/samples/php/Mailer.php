<html><?php

declare(strict_types=1);

namespace App\Mail;

use App\Contracts\Sender;

const RETRIES = 3;

/**
 * Sends mail.
 */
#[Service]
final class Mailer extends Base implements Sender
{
    use Logs;

    public const DEFAULT_FROM = 'a@example.org';
    private ?string $from = null, $to;

    public function __construct(private readonly Transport $transport, int $x = 1)
    {
    }

    // Sends one.
    #[Traced]
    public static function send(Message $message): bool
    {
        $local = function () { return 1; };
        return true;
    }

    abstract protected function render(): string;
}

interface Renders
{
    public function html(): string;
}

trait Logs
{
    protected function log(string $line): void {}
}

enum Priority: int
{
    case Low = 1;
    case High = 2;
}

function mailer(): Mailer
{
    return new Mailer();
}
