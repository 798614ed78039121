from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0005_revealed_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='trial',
            name='check_number',
            field=models.PositiveSmallIntegerField(help_text='Of a trial that checks attention: its place among the checks of its step.', null=True),
        ),
    ]
